/** Images of `channels` square planes, `size` pixels a side, seen through a square kernel with an odd side. */
export interface Patches {
  readonly channels: number;
  readonly size: number;
  readonly kernel: number;
}

/**
 * Lays out, for every tap of the kernel in every channel, the plane of pixels that this tap sees (zero past the edge):
 * [channels, size, size] -> [channels * kernel * kernel, size * size]. A convolution is then a product of matrices, with
 * long runs in memory. (im2col: Chellapilla et al., High Performance Convolutional Neural Networks, 2006.)
 */
export function gatherColumns(patches: Patches, image: Float32Array, columns: Float32Array): void {
  forEachRow(patches, (columnsOffset, imageOffset, length) => {
    for (let x = 0; x < length; x++) columns[columnsOffset + x] = image[imageOffset + x]!;
  });
}

/** The transpose of `gatherColumns`, for gradients: adds every pixel of the columns to the pixel it came from. */
export function scatterColumns(patches: Patches, columns: Float32Array, image: Float32Array): void {
  forEachRow(patches, (columnsOffset, imageOffset, length) => {
    for (let x = 0; x < length; x++) image[imageOffset + x]! += columns[columnsOffset + x]!;
  });
}

/** Visits the runs of pixels that lie inside the image, row by row and tap by tap. */
function forEachRow(
  { channels, size, kernel }: Patches,
  visit: (columnsOffset: number, imageOffset: number, length: number) => void,
): void {
  const reach = (kernel - 1) / 2;
  for (let channel = 0; channel < channels; channel++)
    for (let tap = 0; tap < kernel * kernel; tap++) {
      const dy = Math.floor(tap / kernel) - reach;
      const dx = (tap % kernel) - reach;
      const plane = (channel * kernel * kernel + tap) * size * size;
      const left = Math.max(0, -dx);
      const length = size - Math.abs(dx);
      for (let y = Math.max(0, -dy); y < Math.min(size, size - dy); y++)
        visit(plane + y * size + left, (channel * size + y + dy) * size + left + dx, length);
    }
}
