/**
 * Configuration texts in NVS.
 *
 * In: a configuration that has been applied. Out: the last good one, at the next boot.
 * Holds: two slots are written in turn and one short entry says which counts, so that power may fail at any moment;
 * a configuration is on trial until it has run for a while; if the device crashes in it twice, the one before it
 * counts again and the faulty one is refused from then on. One on trial that is replaced makes room for the new: until
 * that is whole, the one before it counts. One that does not fit, or would leave the other settings no room, leaves
 * nothing. Of each slot the first chunks are there, whenever the power
 * went, so that none is left over for ever.
 *
 * Entries: `cfg` (JSON: slot, lengths in chunks, revision, trial), `cfg0.0` … `cfg1.n` (at most 900 B each; an
 * NVS string holds 4,000); for a moment `room`, which tells whether as much is left.
 */
import { decodeUtf8, encodeUtf8 } from '../config/utf8';
import { note, type Preferences } from './settings';

export interface StoredConfiguration {
  /** Opaque; named by whoever made the configuration. */
  revision: string;
  /** The part's own Viam configuration, UTF-8. */
  part: Uint8Array;
  /** What the main part adds for it, UTF-8; empty: nothing. */
  additions: Uint8Array;
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

/** Bytes. */
const chunkBytes = 900;
/** What the settings of the device itself need beside a configuration: a constant lies in flash. */
const reserve = '.'.repeat(chunkBytes);
/** Crashes on trial after which a configuration is taken back. */
const crashesOnTrial = 2;

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
      if (head.trial > crashesOnTrial) {
        head.refused = head.slots[head.slot]?.[2] ?? '';
        head.slots[head.slot] = null;
        head.slot = head.slot === 0 ? 1 : 0;
        head.trial = head.unproved ? 1 : 0;
        delete head.unproved;
      }
      note(this.preferences, 'cfg', JSON.stringify(head));
    }
    return this.read(head);
  }

  /** The revision that crashed the device and was taken back, if any. */
  get refused(): string | undefined {
    return this.head()?.refused;
  }

  /** Of the part's own text, at the most; undefined: there is none. */
  get partBytes(): number | undefined {
    const head = this.head();
    const entry = head?.slots[head.slot];
    return entry ? entry[0] * chunkBytes : undefined;
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
      slots[slot] = null;
      this.preferences.set('cfg', JSON.stringify({ ...other, slots } satisfies Head));
      this.erase(slot);
    } else this.erase(slot);
    try {
      const part = this.write(slot, 0, configuration.part);
      const additions = this.write(slot, part, configuration.additions);
      this.leaveRoom();
      slots[slot] = [part, additions, configuration.revision];
      this.preferences.set(
        'cfg',
        JSON.stringify({ slot, trial: 1, slots, ...rest, ...(unproved && { unproved }) } satisfies Head),
      );
    } catch (error) {
      // What there is of it would take the room of all other settings.
      this.erase(slot);
      throw error;
    }
  }

  /** @throws when the device's own settings would have no room beside it */
  private leaveRoom(): void {
    const { preferences } = this;
    preferences.set('room', reserve);
    preferences.delete('room');
  }

  /**
   * Gives the configuration that counts another revision, when its texts are these. Where NVS is full it keeps the one
   * that it has, and is given this one again after the next start.
   * @param part UTF-8; empty: the same as it has @returns whether they are
   */
  relabel(revision: string, part: Uint8Array, additions: Uint8Array): boolean {
    const head = this.head();
    const entry = head?.slots[head.slot];
    if (!head || !entry) return false;
    const [parts, more] = entry;
    if (part.length > 0 && !this.holds(head.slot, 0, parts, part)) return false;
    if (!this.holds(head.slot, parts, more, additions)) return false;
    if (entry[2] === revision) return true;
    entry[2] = revision;
    note(this.preferences, 'cfg', JSON.stringify(head));
    return true;
  }

  /** The configuration has run long enough to be trusted. */
  confirm(): void {
    const head = this.head();
    if (!head || head.trial === 0) return;
    head.trial = 0;
    note(this.preferences, 'cfg', JSON.stringify(head));
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
    const [parts, more, revision] = entry;
    const part = this.join(head.slot, 0, parts);
    const additions = this.join(head.slot, parts, more);
    return part && additions && { revision, part, additions };
  }

  /** Twice over the chunks, so that no more than one is there beside the whole. */
  private join(slot: number, first: number, count: number): Uint8Array | undefined {
    let length = 0;
    for (let index = first; index < first + count; index++) {
      const chunk = this.preferences.get(`cfg${slot}.${index}`);
      if (typeof chunk !== 'string') return undefined;
      length += encodeUtf8(chunk).length;
    }
    const whole = new Uint8Array(length);
    for (let index = first, at = 0; index < first + count; index++) {
      const bytes = encodeUtf8(String(this.preferences.get(`cfg${slot}.${index}`)));
      whole.set(bytes, at);
      at += bytes.length;
    }
    return whole;
  }

  /** Whether the chunks are these bytes, a chunk at a time. */
  private holds(slot: number, first: number, count: number, bytes: Uint8Array): boolean {
    let at = 0;
    for (let index = first; index < first + count; index++) {
      const chunk = this.preferences.get(`cfg${slot}.${index}`);
      const end = chunkEnd(bytes, at);
      if (decodeUtf8(bytes, at, end) !== chunk) return false;
      at = end;
    }
    return at === bytes.length;
  }

  private write(slot: number, first: number, bytes: Uint8Array): number {
    let count = 0;
    for (let from = 0; from < bytes.length; count++) {
      const to = chunkEnd(bytes, from);
      this.preferences.set(`cfg${slot}.${first + count}`, decodeUtf8(bytes, from, to));
      from = to;
    }
    return count;
  }

  /** The last chunk first, and whatever an interrupted one has left. */
  private erase(slot: number): void {
    let count = 0;
    while (this.preferences.get(`cfg${slot}.${count}`) !== undefined) count++;
    while (count > 0) this.preferences.delete(`cfg${slot}.${--count}`);
  }
}

/** Where the chunk that begins at `from` ends: never within a character. */
function chunkEnd(bytes: Uint8Array, from: number): number {
  let end = Math.min(bytes.length, from + chunkBytes);
  while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80 && end > from + chunkBytes - 4) end--;
  return end;
}

/** Whether the bytes can be stored, a chunk at a time. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    for (let from = 0; from < bytes.length; ) {
      const to = chunkEnd(bytes, from);
      decodeUtf8(bytes, from, to);
      from = to;
    }
    return true;
  } catch {
    return false;
  }
}
