/** Refusals are told as they come, but not faster than a log may grow: whoever knocks a million times fills no disk. */

/** Entries told a second; the rest is counted, and told with the next. */
const mostASecond = 5;

export class Audit<Entry> {
  #second = 0;
  #told = 0;
  #unsaid = 0;
  readonly #tell: (entry: Entry, unsaid: number) => void;
  readonly #now: () => number;

  /** @param tell gets an entry, and how many before it were not told */
  constructor(tell: (entry: Entry, unsaid: number) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  readonly note = (entry: Entry): void => {
    const second = Math.floor(this.#now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#told = 0;
    }
    if (this.#told === mostASecond) {
      this.#unsaid++;
      return;
    }
    this.#told++;
    this.#tell(entry, this.#unsaid);
    this.#unsaid = 0;
  };
}
