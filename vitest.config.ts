import process from 'node:process';
import { defineConfig } from 'vitest/config';
import { chipModule } from './cli/check/chip/modules.js';

/** Of whatever the tests draw by chance: test/chance.ts. */
const seed = process.env.SEED ?? (process.env.CI ? '1' : String(Date.now() % 1_000_000));
console.log(`SEED=${seed}`);

export default defineConfig({
  // What drivers import of the SDK, where `sluice check` runs them.
  plugins: [{ name: 'chip-modules', enforce: 'pre', resolveId: chipModule }],
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', '.build/**', '.cache/**'],
    setupFiles: ['test/chance.ts'],
    env: { SEED: seed },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
