/** One action after another, for what must not meet itself: the same file written, renamed and removed. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the action does, which begins when those before it are over. */
  run<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** The same for all of a list, at most `width` at once. */
export async function each<T>(
  list: Iterable<T>,
  width: number,
  action: (of: T) => Promise<void>,
): Promise<void> {
  const rest = list[Symbol.iterator]();
  const work = async () => {
    for (let next = rest.next(); !next.done; next = rest.next()) await action(next.value);
  };
  await Promise.all(Array.from({ length: width }, work));
}
