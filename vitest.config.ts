import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { PV_VERSION: JSON.stringify('test') },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['apps/*/test/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/contract/**/*.test.ts', 'scripts/test/**/*.test.{ts,mjs}'],
          // Much of the time is waiting, for containers and deadlines: also a machine of two cores has room for two.
          maxWorkers: 2,
          // Bounds for a machine under load; nothing is expected to take as long.
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
      {
        extends: true,
        test: {
          // Real containers: one file at a time, each in namespaces of its own.
          name: 'system',
          include: ['test/system/**/*.test.ts', 'test/fault/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          maxWorkers: 1,
        },
      },
    ],
  },
});
