import { type ErrorCode, SluiceError } from '@sluice/contracts';
import * as fc from 'fast-check';
import { parseBoundedJson, type JsonLimits } from './bounded-json.js';
import { NumberList } from './number-list.js';

const LIMITS: JsonLimits = { maxDepth: 4, maxElements: 6, maxMembers: 3 };
const WIDE: JsonLimits = { maxDepth: 1000, maxElements: 100_000, maxMembers: 100_000 };

function parse(text: string, limits: JsonLimits = LIMITS): unknown {
  return parseBoundedJson(new TextEncoder().encode(text), limits);
}

/** As `JSON.parse` has it. */
function nested(elements: readonly number[], [length = 0, ...inner]: readonly number[]): unknown[] {
  if (inner.length === 0) return [...elements];
  const each = elements.length / length;
  return Array.from({ length }, (_, at) => nested(elements.slice(at * each, (at + 1) * each), inner));
}

describe('parseBoundedJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parse(text, WIDE)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads numbers from the bytes where a member is called data, and the rest as JSON.parse does', () => {
    const name = fc.constantFrom('data', 'name', 'd\u0061ta', 'é');
    const leaf = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(null, 'data', '\u00000', '"'),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(fc.integer(), { maxLength: 5 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 3 }),
      ),
    }));
    let typed = 0;
    const asLists = (_: string, member: unknown) => {
      if (!(member instanceof NumberList)) return member;
      typed += 1;
      return nested([...member.elements], member.nesting);
    };
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1), (json, indent) => {
        const text = JSON.stringify(json, undefined, indent);
        expect(JSON.stringify(parse(text, WIDE), asLists)).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 3_000 },
    );
    expect(typed).toBeGreaterThan(100);
  });

  it('counts the numbers that it reads from the bytes, too', () => {
    expect(() => parse('{"data":[1,2,3,4,5,6,7,8]}')).toThrow('body: more than 6 values at byte 22');
    expect(() => parse('{"data":[[[[[1]]]]]}')).toThrow('body: nested deeper than 4 levels at byte 11');
    expect(() => parse('{"data":[1,2,3,4],"b":[1,2,3,4,5]}')).toThrow('body: more than 6 values at byte 28');
  });

  it('says where the text itself is wrong, whatever was read from it before', () => {
    expect(() => parse('{"data":[1,2,3],"b":x}')).toThrow('2,3],"b":x}');
    expect(() => parse('{"data":[1,2,3]')).toThrow(/^body: expected JSON: /);
  });

  it('reads a view in the middle of a larger buffer', () => {
    const buffer = Buffer.from('garbage{"a":[1]}garbage');
    expect(parseBoundedJson(buffer.subarray(7, 16), LIMITS)).toEqual({ a: [1] });
  });

  it.each([
    ['depth', '[[[[0]]]]', '[[[[[0]]]]]', 'body: nested deeper than 4 levels at byte 4'],
    ['mixed depth', '[{"a":[{}]}]', '[{"a":[{"b":[]}]}]', 'body: nested deeper than 4 levels at byte 12'],
    ['values', '[1,2,3,4,5,6,7]', '[1,2,3,4,5,6,7,8]', 'body: more than 6 values at byte 14'],
    ['members', '{"a":1,"b":2,"c":3}', '{"a":1,"b":2,"c":3,"d":4}', 'body: more than 3 object members at byte 22'],
  ])('stops one past the limit on %s', (_, allowed, refused, message) => {
    expect(parse(allowed)).toEqual(JSON.parse(allowed));
    expect(() => parse(refused)).toThrow(new SluiceError('invalid_request', message));
  });

  it.each([
    ['brackets', '"[[[[[[[[{{{{{{"'],
    ['separators', '",,,,,,,,::::::::"'],
    ['an escaped quote', String.raw`"\"[[[[[[,,,,,,,,"`],
    ['an escaped backslash at the end', String.raw`["\\",",,,,,,,,"]`],
    ['characters of several bytes', '"é[[[[[€,,,,,,,,😀"'],
  ])('counts nothing inside a string: %s', (_, text) => {
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['nothing', ''],
    ['an unfinished list', '[1,2'],
    ['an unfinished string', '["abc'],
    ['an escape at the end', '"\\'],
    ['a trailing comma', '{"a":1,}'],
    ['NaN, as Python writes it', '{"data":[NaN]}'],
    ['two documents', '{}{}'],
    ['more closed than opened', ']]]]'],
  ])('refuses %s as invalid JSON', (_, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(() => parse(text)).toThrow(/^body: expected JSON: .*(JSON)/);
  });

  it('says what it stumbled over', () => {
    expect(() => parse('{"shape":[1,x]}')).toThrow(/'x'|position 12/);
  });

  it('refuses bytes that are not UTF-8 instead of replacing them', () => {
    expect(() => parseBoundedJson(Uint8Array.of(0x22, 0xff, 0x22), LIMITS)).toThrow(/^body: expected JSON in UTF-8/);
  });

  it('throws nothing but SluiceError, whatever the bytes', () => {
    const structural = fc.constantFrom(...Buffer.from('[]{}",:\\0a '));
    const bytes = fc.array(fc.oneof({ weight: 9, arbitrary: structural }, fc.nat(255)), { maxLength: 60 });
    fc.assert(
      fc.property(bytes, (sent) => {
        const outcome = outcomeOf(() => parseBoundedJson(Uint8Array.from(sent), LIMITS));
        expect(['accepted', 'invalid_request']).toContain(outcome);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses every structure beyond the limits', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const value: unknown = JSON.parse(text);
        const within = depthOf(value) <= LIMITS.maxDepth && membersOf(value) <= LIMITS.maxMembers;
        fc.pre(!within);
        expect(outcomeOf(() => parse(text))).toBe('invalid_request');
      }),
      { numRuns: 500 },
    );
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, member) => sum + membersOf(member), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}

/** How it ended; anything but a SluiceError is thrown on, and fails the test. */
function outcomeOf(run: () => unknown): 'accepted' | ErrorCode {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof SluiceError) return error.code;
    throw error;
  }
}
