const SHAPE = [1, 1, 28, 28];

/** For "Try it out": an empty image, which every installation's `digits` can be asked about as it is. */
export const INFER_EXAMPLE = {
  id: 'from-the-docs',
  inputs: [{ name: 'image', shape: SHAPE, datatype: 'FP32', data: Array.from({ length: 28 * 28 }, () => 0) }],
};
