import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolloutBody } from './rollout-body.js';

const sent = (...asked: Parameters<typeof rolloutBody>) => JSON.parse(JSON.stringify(rolloutBody(...asked))) as unknown;

describe('what a rollout is asked for with', () => {
  it('leaves what was not said to the API', () => {
    expect(sent('2', {})).toEqual({ version: '2', strategy: {} });
  });

  it('is numbers, and lists of them', () => {
    const options = { canary: '1', steps: '5, 25,50', 'max-step-seconds': '0.5', 'allow-signature-change': true };
    expect(sent('2', options)).toEqual({
      version: '2',
      strategy: { canaryPercent: 1, steps: [5, 25, 50], maxStepSeconds: 0.5, allowSignatureChange: true },
    });
    expect(sent('2', { steps: '' })).toEqual({ version: '2', strategy: { steps: [] } });
  });

  it.each([
    [{ canary: 'five' }, '--canary is `five`: expected a number'],
    [{ steps: '25,half' }, '--steps is `half`: expected a number'],
    [{ golden: '/nowhere.json' }, '--golden: cannot read /nowhere.json'],
  ])('%j is refused by name', (options, message) => {
    expect(() => rolloutBody('2', options)).toThrow(message);
  });

  it('has golden inputs from a file: a list, or with tolerances', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-golden-'));
    const file = join(folder, 'golden.json');
    const golden = (content: unknown) => {
      writeFileSync(file, JSON.stringify(content));
      return sent('2', { golden: file });
    };
    const items = [{ inputs: [] }];
    expect(golden(items)).toMatchObject({ strategy: { golden: { items } } });
    expect(golden({ items, relative: 0.1 })).toMatchObject({ strategy: { golden: { items, relative: 0.1 } } });
    expect(() => golden('text')).toThrow('--golden: expected');
    rmSync(folder, { recursive: true });
  });
});
