/** Paths of list entries, `components[0].service_configs[0].attributes.capture_methods[3]`: the text of a list once. */

/** Entries of one list, at most: JSON limits allow a sixteenth of it. */
const MOST = 2 ** 20;

export class Paths {
  private readonly lists: string[] = [];
  /** Of each path the number of its list × MOST + that of the entry. */
  private readonly entries: number[] = [];

  add(path: string): void {
    const { lists, entries } = this;
    const bracket = path.lastIndexOf('[');
    const list = path.slice(0, bracket);
    if (lists.length === 0 || lists[lists.length - 1] !== list) lists.push(list);
    entries.push((lists.length - 1) * MOST + Number(path.slice(bracket + 1, -1)));
  }

  /** The one that was added as number `index`. */
  at(index: number): string {
    const entry = this.entries[index]!;
    return `${this.lists[Math.floor(entry / MOST)]}[${entry % MOST}]`;
  }
}
