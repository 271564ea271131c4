/** Whoever may answer instead of the gateway or the broker, an hour each: test/simulation/impostors.test.ts at its whole length. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import type { SoakTask } from './task';

const repository = join(import.meta.dirname, '..', '..');

export const task: SoakTask = {
  description: 'whoever answers, and whatever: no restart and no reading missed',
  unit: 'virtual hours each',
  // The test itself runs in CI: an hour where the certificate is what is wrong, ten minutes each else.
  sample: 0,
  full: 1,
  async run(hours) {
    const { status, stdout, stderr } = spawnSync(
      'npx',
      ['vitest', 'run', '--testTimeout=0', 'test/simulation/impostors.test.ts'],
      {
        cwd: repository,
        env: { ...process.env, IMPOSTOR_MINUTES: String(hours * 60) },
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      },
    );
    if (status !== 0) throw new Error(`${stdout}${stderr}`);
    return /Tests\s+(.*)/.exec(stdout)?.[1] ?? 'nothing ran';
  },
};
