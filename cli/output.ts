/** How commands speak: one prefix, one way to fail, and nothing beside results and errors when that is asked. */
import process from 'node:process';

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

export function complain(message: string): void {
  console.error(`sluice: ${message}`);
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

/** Of an error, whoever threw it: a system's codes are words for those who wrote it. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, cause, message } = error as NodeJS.ErrnoException;
  if (message === 'fetch failed' && cause instanceof Error) return sentenceOf(cause);
  switch (code) {
    case 'EISDIR':
      return path === undefined
        ? 'a directory stands where a file is wanted'
        : `${path} is a directory, not a file`;
    case 'ENOTDIR':
      return `${path ?? 'a part of the path'} is not a directory`;
    case 'ENOENT':
      return path === undefined ? message : `there is no file ${path}`;
    case 'EACCES':
    case 'EPERM':
      return path === undefined ? message : `${path} may not be opened by this user`;
    case 'ECONNREFUSED':
      return `nothing answers at ${addressOf(error)}: is it running?`;
    case 'ENOTFOUND':
      return `no machine is named ${(error as { hostname?: string }).hostname ?? 'so'}`;
    default:
      return message || code || 'it failed, and does not say why';
  }
}

function addressOf(error: Error): string {
  const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  const { address, port } = first as { address?: string; port?: number };
  return address === undefined ? 'that address' : `${address}:${port}`;
}
