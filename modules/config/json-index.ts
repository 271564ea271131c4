/** Where each object and array of a text ends, by where it begins: 4 bytes for each in a text of less than 64 KiB. */
type Places = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export class JsonIndex {
  private starts: Places;
  private ends: Places;
  private count = 0;

  /** @param length bytes of the text */
  constructor(length: number) {
    // More than configurations mostly have, so that it seldom grows.
    const room = 16 + (length >> 5);
    this.starts = length < 0x10000 ? new Uint16Array(room) : new Uint32Array(room);
    this.ends = this.starts.slice() as Places;
  }

  /** Returns the number to close it by. Begins come in order. */
  begin(start: number): number {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.count] = start;
    return this.count++;
  }

  close(number: number, end: number): void {
    this.ends[number] = end;
  }

  /** Of an object or array that begins at `start`. */
  endOf(start: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] < start) low = middle + 1;
      else high = middle;
    }
    return this.ends[low];
  }
}

function doubled(array: Places): Places {
  const room = array.length * 2;
  const larger = array instanceof Uint16Array ? new Uint16Array(room) : new Uint32Array(room);
  larger.set(array);
  return larger;
}
