import { ProtobufWriter } from './protobuf-writer.js';

// The first three expectations are the examples of https://protobuf.dev/programming-guides/encoding/
describe('ProtobufWriter', () => {
  it('writes a varint', () => {
    expect(hex(new ProtobufWriter().varint(1, 150))).toBe('089601');
  });

  it('writes a string', () => {
    expect(hex(new ProtobufWriter().string(2, 'testing'))).toBe('120774657374696e67');
  });

  it('writes a nested message, its length first', () => {
    const writer = new ProtobufWriter().message(3, (nested) => nested.varint(1, 150));
    expect(hex(writer)).toBe('1a03089601');
  });

  it('writes a negative number in ten bytes of two’s complement', () => {
    expect(hex(new ProtobufWriter().varint(1, -2))).toBe('08feffffffffffffffff01');
  });

  it('writes integers that a double cannot hold', () => {
    expect(hex(new ProtobufWriter().varint(1, 2n ** 63n))).toBe('0880808080808080808001');
  });

  it('refuses a fraction where an integer belongs', () => {
    expect(() => new ProtobufWriter().varint(1, 0.5)).toThrow(RangeError);
  });

  it('writes a float in four little-endian bytes', () => {
    expect(hex(new ProtobufWriter().float(2, 1))).toBe('150000803f');
  });

  it('takes two bytes for the tag from field 16 on', () => {
    expect(hex(new ProtobufWriter().varint(20, 1))).toBe('a00101');
  });

  it('copies large bytes only when it finishes', () => {
    const bytes = Uint8Array.of(1, 2);
    const writer = new ProtobufWriter().message(1, (nested) => nested.bytes(1, bytes));
    bytes[0] = 9;
    expect(hex(writer)).toBe('0a040a020902');
  });
});

function hex(writer: ProtobufWriter): string {
  return Buffer.from(writer.finish()).toString('hex');
}
