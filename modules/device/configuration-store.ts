/**
 * Configuration texts in NVS.
 *
 * In: a configuration that has been applied. Out: the last good one, at the next boot.
 * Holds: two slots are written in turn and one short entry says which counts, so that power may fail at any moment;
 * a configuration is on trial until it has run for a while; if the device crashes in it twice, the one before it
 * counts again and the faulty one is refused from then on.
 *
 * Entries: `cfg` (JSON: slot, lengths in chunks, revision, trial), `cfg0.0` … `cfg1.n` (at most 900 characters each,
 * so that a chunk stays below the 4,000 B of an NVS string whatever the characters).
 */
import type { Preferences } from './settings';

export interface StoredConfiguration {
  /** Opaque; named by whoever made the configuration. */
  revision: string;
  /** The part's own Viam configuration. */
  part: string;
  /** What the main part adds for it; empty: nothing. */
  additions: string;
}

interface Head {
  slot: 0 | 1;
  /** 0: has proved itself; else 1 + the crashes so far. */
  trial: number;
  /** The other slot's has not proved itself either. */
  unproved?: boolean;
  /** Revision that was taken back. */
  refused?: string;
  /** By slot: chunks of the part's text and of the additions, and the revision. */
  slots: ([part: number, additions: number, revision: string] | null)[];
}

const CHUNK = 900;
/** Crashes on trial after which a configuration is taken back. */
const CRASHES = 2;

export class ConfigurationStore {
  private readonly preferences: Preferences;

  constructor(preferences: Preferences) {
    this.preferences = preferences;
  }

  /**
   * The configuration to start with.
   * @param crashed the last boot ended by an abort, a panic or a watchdog
   * @returns undefined when there is none, or what is there cannot be read
   */
  load(crashed: boolean): StoredConfiguration | undefined {
    const head = this.head();
    if (!head) return undefined;
    if (crashed && head.trial > 0) {
      head.trial++;
      if (head.trial > CRASHES) {
        head.refused = head.slots[head.slot]?.[2] ?? '';
        head.slots[head.slot] = null;
        head.slot = head.slot === 0 ? 1 : 0;
        head.trial = head.unproved ? 1 : 0;
        delete head.unproved;
      }
      this.preferences.set('cfg', JSON.stringify(head));
    }
    return this.read(head);
  }

  /** The revision that crashed the device and was taken back, if any. */
  get refused(): string | undefined {
    return this.head()?.refused;
  }

  /** @throws when it does not fit; what was stored before still counts then */
  save(configuration: StoredConfiguration): void {
    const head = this.head();
    const onTrial = head !== undefined && head.trial > 0;
    const slots: Head['slots'] = head ? [...head.slots] : [null, null];
    let slot: 0 | 1 = head?.slot === 0 ? 1 : 0;
    let unproved = onTrial;
    const rest = head?.refused ? { refused: head.refused } : {};
    if (onTrial && slots[slot]) {
      // The other one is what to fall back to: what makes room is the one on trial.
      unproved = head.unproved === true;
      const other = { slot, trial: unproved ? 1 : 0, ...rest };
      slot = head.slot;
      const replaced = slots[slot];
      slots[slot] = null;
      this.preferences.set('cfg', JSON.stringify({ ...other, slots } satisfies Head));
      this.erase(slot, replaced);
    } else this.erase(slot, slots[slot]);
    const part = this.write(slot, 0, configuration.part);
    const additions = this.write(slot, part, configuration.additions);
    slots[slot] = [part, additions, configuration.revision];
    this.preferences.set(
      'cfg',
      JSON.stringify({ slot, trial: 1, slots, ...rest, ...(unproved && { unproved }) } satisfies Head),
    );
  }

  /**
   * Gives the configuration that counts another revision, when its texts are these.
   * @param part empty: the same as it has @returns whether they are
   */
  relabel(revision: string, part: string, additions: string): boolean {
    const head = this.head();
    const entry = head?.slots[head.slot];
    if (!head || !entry) return false;
    const [parts, more] = entry;
    if (part !== '' && !this.holds(head.slot, 0, parts, part)) return false;
    if (!this.holds(head.slot, parts, more, additions)) return false;
    entry[2] = revision;
    this.preferences.set('cfg', JSON.stringify(head));
    return true;
  }

  /** The configuration has run long enough to be trusted. */
  confirm(): void {
    const head = this.head();
    if (!head || head.trial === 0) return;
    head.trial = 0;
    this.preferences.set('cfg', JSON.stringify(head));
  }

  private head(): Head | undefined {
    const text = this.preferences.get('cfg');
    if (typeof text !== 'string') return undefined;
    try {
      const head = JSON.parse(text) as Head;
      return (head.slot === 0 || head.slot === 1) && Array.isArray(head.slots) ? head : undefined;
    } catch {
      return undefined;
    }
  }

  private read(head: Head): StoredConfiguration | undefined {
    const entry = head.slots[head.slot];
    if (!entry) return undefined;
    const [part, additions, revision] = entry;
    const texts = [0, part].map((first, index) =>
      this.join(head.slot, first, index === 0 ? part : additions),
    );
    return texts[0] === undefined || texts[1] === undefined
      ? undefined
      : { revision, part: texts[0], additions: texts[1] };
  }

  private join(slot: number, first: number, count: number): string | undefined {
    let text = '';
    for (let index = first; index < first + count; index++) {
      const chunk = this.preferences.get(`cfg${slot}.${index}`);
      if (typeof chunk !== 'string') return undefined;
      text += chunk;
    }
    return text;
  }

  /** Whether the chunks are this text, a chunk at a time. */
  private holds(slot: number, first: number, count: number, text: string): boolean {
    let at = 0;
    for (let index = first; index < first + count; index++) {
      const chunk = this.preferences.get(`cfg${slot}.${index}`);
      if (typeof chunk !== 'string' || !text.startsWith(chunk, at)) return false;
      at += chunk.length;
    }
    return at === text.length;
  }

  private write(slot: number, first: number, text: string): number {
    let count = 0;
    for (let from = 0; from < text.length; count++) {
      let to = Math.min(text.length, from + CHUNK);
      // Never between the halves of a surrogate pair: NVS keeps UTF-8.
      if (to < text.length && (text.charCodeAt(to) & 0xfc00) === 0xdc00) to--;
      this.preferences.set(`cfg${slot}.${first + count}`, text.slice(from, to));
      from = to;
    }
    return count;
  }

  private erase(slot: number, entry: Head['slots'][number] | undefined): void {
    if (!entry) return;
    for (let index = 0; index < entry[0] + entry[1]; index++) this.preferences.delete(`cfg${slot}.${index}`);
  }
}
