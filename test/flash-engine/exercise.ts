/** Everything that the flash log can do, in an order drawn from a seed; what came out of it, as text. */
import type { FlashLog, FlashLogOptions } from '../../modules/ring/flash-log';
import type { FlashStorage } from '../../modules/ring/flash-storage';
import type { Ring } from '../../modules/ring/ring';

/** @param Log the class, from whichever place this engine has it */
export function exercise(
  Log: new (options: FlashLogOptions) => FlashLog,
  flash: FlashStorage,
  seed: number,
): string {
  let state = seed;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.floor(((state >>> 0) / 4294967296) * below);
  };
  const bytes = new Uint8Array(512);
  const into = new Uint8Array(512);
  const words = new Int32Array(into.buffer);
  let hash = 0;
  let read = 0;
  const take = (ring: Ring) => {
    for (let sequence = ring.oldest; sequence < ring.next; sequence += 1) {
      const length = ring.read(sequence, into);
      if (length > 0) read += 1;
      for (let word = 0; word < length >> 2; word += 1) hash = Math.imul(hash ^ words[word], 0x9e3779b1);
      hash ^= sequence + length;
    }
  };
  const results: unknown[] = [];
  let stream = 0;
  for (let boot = 1; boot <= 4; boot += 1) {
    const log = new Log({
      flash,
      boot: { counter: boot, random: (boot * 0x9e3779b1) >>> 0 },
      headBytes: boot === 2 ? 0 : 2400,
      retainUnsynced: boot > 2,
      isWhole: () => true,
    });
    for (const ring of [...log.retained]) {
      take(ring);
      if (draw(2) === 0) ring.acknowledge(ring.oldest + draw(10));
    }
    const rings: Ring[] = [];
    for (let step = 0; step < 700; step += 1) {
      // One collector is fast, one slow.
      const slot = draw(40) === 0 ? 3 : draw(4) > 0 ? 0 : 1 + draw(2);
      const ring = rings[slot];
      const what = draw(150);
      if (ring === undefined || what === 0) {
        ring?.close(draw(2) === 0 ? 'handover' : 'discard');
        rings[slot] = log.openRing({ stream: stream++, quota: 1000 + draw(7000) });
      } else if (what < 4) ring.acknowledge(ring.oldest + draw(12));
      else if (what < 8) log.idle(draw(80));
      else if (what < 12) take(ring);
      else {
        const largest = Math.max(200, Math.min(512, ring.quota >> 2));
        const length = 8 + 4 * draw((largest - 8) >> 2);
        for (let at = 0; at < length; at += 1) bytes[at] = draw(256);
        ring.block(bytes, length, ring.next, draw(1000), 10 * step + 2 ** 33, 10 * step + 2 ** 33 + 7.5);
      }
    }
    for (const ring of rings) take(ring);
    const losses = [];
    for (let entry = 0; entry < log.ledger.count; entry += 1) losses.push(log.ledger.entry(entry));
    results.push({
      rings: rings.map((ring) => ({
        oldest: ring.oldest,
        next: ring.next,
        bytes: ring.bytes,
        ...ring.counters,
      })),
      kept: log.retained.length,
      counters: { ...log.counters },
      wear: log.wear(),
      losses,
    });
  }
  return JSON.stringify({ hash, read, results });
}
