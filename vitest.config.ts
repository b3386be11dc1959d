import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/**
 * Thread entry points (`new URL('./x-thread.js', import.meta.url)`) exist as JavaScript only after a build, and Node 20
 * cannot start a thread from TypeScript: under test they are taken from dist/, which `npm test` has brought up to date.
 */
const builtThreads = {
  name: 'built-threads',
  transform(code: string, id: string) {
    return code.replace(/new URL\(['"]\.\/([\w-]+-thread\.js)['"], import\.meta\.url\)/g, (_, file: string) => {
      const folder = id.slice(root.length, id.lastIndexOf('/'));
      return `new URL(${JSON.stringify(`file://${root}dist/${folder}/${file}`)})`;
    });
  },
};

export default defineConfig({
  plugins: [builtThreads],
  resolve: { tsconfigPaths: true },
  test: {
    globals: true,
    include: ['{apps,libs,test,bench,models}/**/*.spec.ts'],
    // They need containers: `npm run test:compose`.
    exclude: [...configDefaults.exclude, 'test/compose/**'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
