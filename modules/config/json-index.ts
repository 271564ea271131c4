/** Where each object and array of a text ends, by where it begins: 4 bytes for each in a text of less than 64 KiB. */
export class JsonIndex {
  /** Of each its begin and its end. */
  private places: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  private count = 0;

  /** @param length bytes of the text */
  constructor(length: number) {
    // More than configurations mostly have, so that it seldom grows.
    const room = 2 * (16 + (length >> 5));
    this.places = length < 0x10000 ? new Uint16Array(room) : new Uint32Array(room);
  }

  /** Returns the number to close it by. Begins come in order. */
  begin(start: number): number {
    if (2 * this.count === this.places.length) {
      const { places } = this;
      const room = 2 * places.length;
      this.places = places instanceof Uint16Array ? new Uint16Array(room) : new Uint32Array(room);
      this.places.set(places);
    }
    this.places[2 * this.count] = start;
    return this.count++;
  }

  close(number: number, end: number): void {
    this.places[2 * number + 1] = end;
  }

  /** Of an object or array that begins at `start`. */
  endOf(start: number): number {
    const { places } = this;
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[2 * middle] < start) low = middle + 1;
      else high = middle;
    }
    return places[2 * low + 1];
  }
}
