/** Refusals are told as they come, but not faster than a log may grow: whoever knocks a million times fills no disk. */

/** Entries told a second; the rest is counted, and told with the next. */
const mostASecond = 5;

export class Audit<Entry> {
  #second = 0;
  #told = 0;
  #unsaid = 0;

  /** @param tell gets an entry, and how many before it were not told */
  constructor(
    private readonly tell: (entry: Entry, unsaid: number) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  readonly note = (entry: Entry): void => {
    const second = Math.floor(this.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#told = 0;
    }
    if (this.#told === mostASecond) {
      this.#unsaid++;
      return;
    }
    this.#told++;
    this.tell(entry, this.#unsaid);
    this.#unsaid = 0;
  };
}
