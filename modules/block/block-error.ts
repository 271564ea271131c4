/** Why bytes are not a block. Returned, not thrown: what comes from outside may be anything. */
export const blockErrors = Object.freeze({
  short: 'the bytes are too few for a block',
  check: 'the check does not match',
  version: 'the version is not known',
  head: 'a field of the head is out of range',
  values: 'the values end before their count is reached',
  slips: 'the slips do not fit the readings',
} as const);

export type BlockErrorCode = keyof typeof blockErrors;

export class BlockError {
  readonly message: string;
  constructor(
    readonly code: BlockErrorCode,
    /** Byte within the given bytes at which it was noticed. */
    readonly offset: number,
  ) {
    this.message = `${blockErrors[code]} (byte ${offset})`;
  }
}
