/**
 * Set-up shared by `npm start` and `npm test`: everything a fresh clone needs beyond npm packages.
 * Idempotent and quick when nothing has changed. What is missing is said in one sentence, with the
 * Debian package that brings it.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { type BuildProgress, buildHost } from '../host-sim/build/host-build';

/** Whether `cc` runs, and whether it can make a program. */
function checkCompiler(): string | undefined {
  if (spawnSync('cc', ['--version'], { stdio: 'ignore' }).error)
    return "'cc' is missing: install the package 'gcc' (apt-get install gcc).";
  const program = '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n';
  const trial = spawnSync('cc', ['-x', 'c', '-', '-o', '/dev/null'], { input: program });
  return trial.status === 0
    ? undefined
    : "'cc' finds no C library: install the package 'libc6-dev' (apt-get install libc6-dev).";
}

/** Milliseconds between two lines. */
const interval = 3_000;

/** On a terminal one line that counts; elsewhere a line every few seconds. */
function showProgress(what: string): BuildProgress {
  const { stderr } = process;
  let told = 0;
  return (part, done, of) => {
    const text = `sluice: building ${what}, ${part}: ${done} of ${of} files`;
    if (stderr.isTTY) stderr.write(`\r${text}${done === of ? '\n' : ''}`);
    else if (done === 0 || done === of || Date.now() - told >= interval) {
      console.error(text);
      told = Date.now();
    }
  };
}

const missing = checkCompiler();
if (missing) {
  console.error(`sluice: ${missing}`);
  process.exit(1);
}

try {
  const { bits } = await buildHost(showProgress('the simulator'));
  if (bits === 64)
    console.error(
      'sluice: the simulator is built for 64 bits with a doubled arena, because 32-bit libraries are missing ' +
        '(apt-get install gcc-multilib libc6-dev-i386 makes it count memory as an ESP32 does).',
    );
} catch (error) {
  console.error(`sluice: ${(error as Error).message}`);
  process.exit(1);
}
