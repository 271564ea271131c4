/** `npm start` through an outage of minutes, in real time and a real browser: test/end-to-end.test.ts, lengthened. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import type { SoakTask } from './task';

const repository = join(import.meta.dirname, '..', '..');

export const task: SoakTask = {
  description: 'npm start: the plot fills in after an outage, a power cut is named',
  unit: 'seconds without WiFi',
  // The end-to-end test itself is what CI runs.
  sample: 0,
  full: 120,
  async run(seconds) {
    const env = { ...process.env, CI: 'true', SLUICE_OUTAGE_MS: String(seconds * 1000) };
    const { status } = spawnSync('npx', ['vitest', 'run', 'test/end-to-end.test.ts'], {
      cwd: repository,
      env,
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`an outage of ${seconds} s was not survived`);
    return `an outage of ${seconds} s left no gap`;
  },
};
