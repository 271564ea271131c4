/** Why a ring cannot be opened. */
export const ringErrors = {
  quota: 'the quota is below 1,000 B',
  partition: 'the quota does not fit the capture partition beside the other rings',
  memory: 'without a capture partition, rings live in the RAM head, and the quota does not fit it',
  stream: 'the stream has a ring already',
} as const;

export class RingError extends RangeError {
  constructor(
    readonly code: keyof typeof ringErrors,
    message: string,
    /** Bytes of quota that would fit now. */
    readonly fits: number,
  ) {
    super(message);
  }
}
