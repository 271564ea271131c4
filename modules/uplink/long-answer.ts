/** An answer to a call that is not made at once: its JSON comes in pieces, each made when there is room to send it. */
export class LongAnswer {
  /** Characters are never parted by pieces. The last piece is what the iterator returns. */
  readonly pieces: Iterator<string, string>;

  constructor(pieces: Iterator<string, string>) {
    this.pieces = pieces;
  }
}
