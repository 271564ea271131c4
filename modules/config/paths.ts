/** Paths of list entries, `components[0].service_configs[0].attributes.capture_methods[3]`: the text of a list once. */

/** Entries of one list, at most: JSON limits allow a sixteenth of it. */
const mostEntries = 2 ** 20;

export class Paths {
  private readonly lists: string[] = [];
  /** Of each path the number of its list × `mostEntries` + that of the entry. */
  private readonly entries: number[] = [];

  /** @param list path of the list @param entry its number there */
  add(list: string, entry: number): void {
    const { lists, entries } = this;
    if (lists.length === 0 || lists[lists.length - 1] !== list) lists.push(list);
    entries.push((lists.length - 1) * mostEntries + entry);
  }

  /** Adds the one that was added as number `index` to others. */
  addOf({ lists, entries }: Paths, index: number): void {
    const entry = entries[index]!;
    this.add(lists[Math.floor(entry / mostEntries)]!, entry % mostEntries);
  }

  /** The one that was added as number `index`. */
  at(index: number): string {
    const entry = this.entries[index]!;
    return `${this.lists[Math.floor(entry / mostEntries)]}[${entry % mostEntries}]`;
  }
}
