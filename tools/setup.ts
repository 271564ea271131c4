/**
 * Set-up shared by `npm start` and `npm test`: everything a fresh clone needs beyond npm packages.
 * Idempotent and quick when nothing has changed. What is missing is said in one sentence, with the
 * Debian package that brings it.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

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
