import fc from 'fast-check';
import { decodeFrame, encodeFrame } from './frame.js';
import { decodeRequest, decodeResult, encodeRequest, encodeResult } from './inference.js';

describe('a frame', () => {
  it('carries a header and sections unchanged, at any offset', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(fc.uint8Array({ maxLength: 50 })), fc.nat(9), (header, sections, offset) => {
        const frame = encodeFrame(header, sections);
        const within = new Uint8Array(offset + frame.byteLength);
        within.set(frame, offset);
        const decoded = decodeFrame(within.subarray(offset));
        expect(decoded.header).toEqual(JSON.parse(JSON.stringify(header)));
        expect(decoded.sections.map((section) => [...section])).toEqual(sections.map((section) => [...section]));
      }),
    );
  });

  it('is made around sections that lie one behind the other, where that is allowed and there is room', () => {
    const memory = new Uint8Array(200).fill(7);
    const sections = [memory.subarray(100, 110).fill(1), memory.subarray(110, 130).fill(2)];
    const frame = encodeFrame('head', sections, memory.subarray(50, 140));
    expect(frame.buffer).toBe(memory.buffer);
    expect(decodeFrame(frame)).toEqual({ header: 'head', sections });
    const outside = [...memory.subarray(0, frame.byteOffset), ...memory.subarray(130)];
    expect(new Set(outside)).toEqual(new Set([7]));
  });

  it.each<[string, (memory: Uint8Array) => [Uint8Array[], Uint8Array]]>([
    ['a gap', (memory) => [[memory.subarray(100, 110), memory.subarray(111, 120)], memory]],
    ['another order', (memory) => [[memory.subarray(110, 120), memory.subarray(100, 110)], memory]],
    ['no room', (memory) => [[memory.subarray(100, 110)], memory.subarray(90)]],
    ['an end outside', (memory) => [[memory.subarray(100, 110)], memory.subarray(0, 105)]],
    ['other memory', (memory) => [[new Uint8Array(300).subarray(100, 110)], memory]],
    ['no section', (memory) => [[], memory]],
  ])('is made elsewhere for %s, and leaves the memory alone', (_, place) => {
    const memory = new Uint8Array(200).fill(7);
    const [sections, within] = place(memory);
    const expected = encodeFrame('head', sections);
    const frame = encodeFrame('head', sections, within);
    expect(frame).toEqual(expected);
    expect(new Set(memory)).toEqual(new Set([7]));
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a length without a header', Uint8Array.of(255, 0, 0, 0, 1)],
    ['a frame cut short', encodeFrame({}, [new Uint8Array(10)]).subarray(0, -1)],
    ['a frame with something behind it', Buffer.concat([encodeFrame({}, []), Buffer.from('x')])],
    ['something else', Buffer.from('{"json": true}')],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeFrame(bytes)).toThrow();
  });
});

describe('an inference request and its result', () => {
  const tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) } as const;

  it('come out as they went in', () => {
    const request = { model: 'm', version: '1', rows: 1, inputs: [tensor], outputs: ['y'] };
    expect(decodeRequest(encodeRequest(request))).toEqual(request);
    expect(decodeResult(encodeResult({ outputs: [tensor] }))).toEqual({ outputs: [tensor] });
  });

  it('are refused when they are something else', () => {
    expect(() => decodeRequest(encodeResult({ outputs: [tensor] }))).toThrow();
    expect(() => decodeRequest(encodeFrame({ model: 'm' }, []))).toThrow();
    expect(() => decodeResult(encodeFrame({ outputs: [{ name: 'x', datatype: 'FP99', shape: [] }] }, []))).toThrow();
  });
});
