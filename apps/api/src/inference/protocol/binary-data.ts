import { describeValue, type Field, invalidField } from './invalid-field.js';

/** The raw tensors behind the JSON of a request: each input that is binary takes the next part. Nothing is copied. */
export class BinaryData {
  private taken = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get byteLength(): number {
    return this.bytes.byteLength;
  }

  /**
   * @param size an input's `binary_data_size`, unchecked
   * @param field where that stands
   * @throws SluiceError invalid_request: no size, or more than is left
   */
  take(size: unknown, field: Field): Uint8Array {
    if (!isSize(size)) throw invalidField(field, 'a number of bytes, 0 or more', describeValue(size));
    const left = this.bytes.byteLength - this.taken;
    if (size > left)
      throw invalidField(field, `at most ${left} bytes, which is what is left of the body behind the JSON`, `${size}`);
    return this.bytes.subarray(this.taken, (this.taken += size));
  }

  /** @throws SluiceError invalid_request: bytes are left that belong to no input */
  end(): void {
    if (this.taken === this.bytes.byteLength) return;
    throw invalidField(
      { path: 'body' },
      `${this.taken} bytes behind the JSON, as the inputs' binary_data_size add up to`,
      `${this.bytes.byteLength}`,
    );
  }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
