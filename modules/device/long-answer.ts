/** An answer to a call that is not made at once: its JSON comes in pieces, so that memory need hold it only once. */
export class LongAnswer {
  /** Calls `put` with each piece in turn. */
  readonly write: (put: (json: string) => void) => void;

  constructor(write: (put: (json: string) => void) => void) {
    this.write = write;
  }
}
