/** A process for the tests: takes the lock of a directory, and lets it go, as it is told. */
import process from 'node:process';
import { isSluiceError } from '../errors';
import { type Lock, lockDirectory } from './lock';

let lock: Lock | undefined;

process.on('message', async ({ take }: { take?: string }) => {
  if (take === undefined) {
    lock?.release();
    lock = undefined;
    process.send!({ released: true });
    return;
  }
  try {
    lock = await lockDirectory(take);
    process.send!({ held: true });
  } catch (error) {
    process.send!({ held: false, code: isSluiceError(error) ? error.code : String(error) });
  }
});
process.send!({ ready: true });
