/**
 * Set-up shared by `npm start` and `npm test`: everything a fresh clone needs beyond npm packages.
 * Idempotent and quick when nothing has changed. What is missing is said in one sentence, with the
 * Debian package that brings it.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { buildHost } from '../host-sim/build/host-build';

const required = [
  { command: 'cc', package: 'gcc' },
  { command: 'make', package: 'make' },
];

for (const { command, package: name } of required) {
  if (spawnSync(command, ['--version'], { stdio: 'ignore' }).error) {
    console.error(
      `sluice: '${command}' is missing: install the package '${name}' (apt-get install ${name}).`,
    );
    process.exit(1);
  }
}

try {
  const { bits } = await buildHost();
  if (bits === 64)
    console.error(
      'sluice: the simulator is built for 64 bits with a doubled arena, because 32-bit libraries are missing ' +
        '(apt-get install gcc-multilib libc6-dev-i386 makes it count memory as an ESP32 does).',
    );
} catch (error) {
  console.error(`sluice: ${(error as Error).message}`);
  process.exit(1);
}
