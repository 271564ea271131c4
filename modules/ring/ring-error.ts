/** Why a ring cannot be opened, or the log not be made. */
export type RingErrorCode =
  /** The quota is below 1,000 B. */
  | 'quota'
  /** It does not fit the capture partition beside the other rings. */
  | 'partition'
  /** The log cannot be made: its RAM head is larger than an index can point into. */
  | 'head'
  /** The stream has a ring already. */
  | 'stream';

export class RingError extends RangeError {
  constructor(
    readonly code: RingErrorCode,
    message: string,
    /** Bytes of quota that would fit now; with `head`, of RAM head. */
    readonly fits: number,
  ) {
    super(message);
  }
}
