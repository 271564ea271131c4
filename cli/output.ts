/** How commands speak: one prefix, one way to fail, and nothing beside results and errors when that is asked. */
import process from 'node:process';
import { sentenceOf } from '@sluice/common/errors';

/** Of the process: 0 is success. */
export const exitCodes = {
  /** What was asked for could not be done, or is not so. */
  failed: 1,
  /** The command line was not understood. */
  usage: 2,
} as const;

const speech = { quiet: false };

export function beQuiet(quiet: boolean): void {
  speech.quiet = quiet;
}

/** Progress, hints and summaries: what is not the result itself. */
export function say(text: string): void {
  if (!speech.quiet) console.log(text);
}

/** Beside what programs read: that there is no result, that something takes a while. */
export function remark(text: string): void {
  if (!speech.quiet) console.error(`sluice: ${text}`);
}

/** Milliseconds between two words of what still takes its time. */
const beat = 5_000;

/** Says what takes a while, and every few seconds that it still does. */
export async function tellingProgress<Result>(text: string, action: () => Promise<Result>): Promise<Result> {
  remark(text);
  const begun = Date.now();
  const beats = setInterval(
    () => remark(`still at it, for ${Math.round((Date.now() - begun) / 1000)} s now`),
    beat,
  );
  try {
    return await action();
  } finally {
    clearInterval(beats);
  }
}

export function complain(message: string): void {
  for (const line of message.split('\n')) console.error(`sluice: ${line}`);
}

/** An action whose failure is a sentence and an exit code. */
export function guarded<Values extends unknown[]>(action: (...values: Values) => void | Promise<void>) {
  return async (...values: Values): Promise<void> => {
    try {
      await action(...values);
    } catch (error) {
      complain(sentenceOf(error));
      process.exitCode = exitCodes.failed;
    }
  };
}
