/** The one error class of the Node programs. */
import { type ErrorCode, type ErrorEntry, errorCodes } from './codes';

export interface ErrorDetails {
  /** File, directory or JSON path that it is about. */
  path?: string;
  /** What brought it about. */
  cause?: unknown;
  /** For programs: what a handler needs to know, as plain JSON. */
  data?: Readonly<Record<string, unknown>>;
}

/** An error with a stable code; `message` is a sentence for people that names the thing it is about. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError';
  readonly path?: string;
  readonly data?: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { path, cause, data }: ErrorDetails = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    if (path !== undefined) this.path = path;
    if (data !== undefined) this.data = data;
  }

  /** Status of an HTTP answer that carries it; 500 where the table has none. */
  get status(): number {
    return (errorCodes[this.code] as ErrorEntry).status ?? 500;
  }
}

/** Whether it is one of ours, with this code when one is given. */
export function isSluiceError(error: unknown, code?: ErrorCode): error is SluiceError {
  return error instanceof SluiceError && (code === undefined || error.code === code);
}

/** The code of a failed system call (ENOSPC, ENOENT …), of the error itself or of what caused it. */
export function systemCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, syscall } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && (syscall !== undefined || /^E[A-Z0-9]+$/.test(code))) return code;
  }
  return undefined;
}

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
