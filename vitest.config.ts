import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = fileURLToPath(new URL('.', import.meta.url));

/**
 * Entry points of threads and processes (`new URL('./x-thread.js', import.meta.url)`, `./x-process.js`) exist as JavaScript
 * only after a build, and Node 20 starts neither from TypeScript: under test they are taken from dist/, which `npm test`
 * has brought up to date.
 */
const builtEntries = {
  name: 'built-entries',
  transform(code: string, id: string) {
    return code.replace(
      /new URL\(['"]\.\/([\w-]+-(?:thread|process)\.js)['"], import\.meta\.url\)/g,
      (_, file: string) => {
        const folder = id.slice(root.length, id.lastIndexOf('/'));
        return `new URL(${JSON.stringify(`file://${root}dist/${folder}/${file}`)})`;
      },
    );
  },
};

/** Files that take minutes, and mostly wait for processes: those that begin with them end with the others. */
const LONG = ['bench/bench.spec.ts', 'test/fuzz/', 'test/system/', 'test/redis/', 'test/simulation/'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONG.findIndex((path) => moduleId.startsWith(root + path));
      return place < 0 ? LONG.length : place;
    };
    return files.toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  plugins: [builtEntries],
  resolve: { tsconfigPaths: true },
  test: {
    globals: true,
    include: ['{apps,libs,test,bench,models}/**/*.spec.ts'],
    // They need containers: `npm run test:compose`.
    exclude: [...configDefaults.exclude, 'test/compose/**'],
    pool: 'forks',
    // A core for each; vitest would leave one idle.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
