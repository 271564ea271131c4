/** Why a ring cannot be opened. */
export type RingErrorCode =
  /** The quota is below 1,000 B. */
  | 'quota'
  /** It does not fit the capture partition beside the other rings. */
  | 'partition'
  /** Without a capture partition rings live in the RAM head, and it does not fit that. */
  | 'memory'
  /** The stream has a ring already. */
  | 'stream';

export class RingError extends RangeError {
  constructor(
    readonly code: RingErrorCode,
    message: string,
    /** Bytes of quota that would fit now. */
    readonly fits: number,
  ) {
    super(message);
  }
}
