/** Commands that fail by a sentence and an exit code. */
import process from 'node:process';
import { sentenceOf } from '@sluice/common/errors';

export function guarded<Values extends unknown[]>(action: (...values: Values) => Promise<void>) {
  return async (...values: Values): Promise<void> => {
    try {
      await action(...values);
    } catch (error) {
      console.error(`sluice: ${sentenceOf(error)}`);
      process.exitCode = 1;
    }
  };
}
