import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The tests that need containers: `npm run test:compose`. They are no part of `npm test`. */
export default defineConfig({
  root: fileURLToPath(new URL('../../', import.meta.url)),
  resolve: { tsconfigPaths: true },
  test: {
    globals: true,
    include: ['test/compose/**/*.spec.ts'],
    pool: 'forks',
    testTimeout: 90_000,
    // The image is built and the cluster started in it.
    hookTimeout: 300_000,
  },
});
