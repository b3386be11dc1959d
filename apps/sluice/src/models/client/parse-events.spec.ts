import { Readable } from 'node:stream';
import { parseEvents } from './parse-events.js';

async function* inParts(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

it.each([1, 3, 1_000])('server-sent events, %i bytes at a time', async (size) => {
  const text = 'id: 1-0\nevent: step\ndata: {"a: b":"é"}\n\n: nothing new\n\nevent: end\ndata: {}\n\nevent: cut';
  expect(await Readable.from(parseEvents(inParts(text, size))).toArray()).toEqual([
    { id: '1-0', event: 'step', data: '{"a: b":"é"}' },
    { id: undefined, event: 'end', data: '{}' },
  ]);
});
