/**
 * Which devices have lately said to be one part. A device goes from boot to boot and never back, so a boot that
 * returns after another has taken its place shows that there are two.
 *
 * In: sessions that have proved themselves. Out: whether there are two, and which. Holds: bounded; what was seen
 * outlives the gateway's process, since a boot that may come back must not lose its watermarks.
 */
import type { WallMilliseconds } from '@sluice/common/clock';
import { type Boot, sameBoot } from '../outbox/streams';
import { limits } from './limits';

export interface Seen {
  boot: Boot;
  /** Where its connections come from, without the port. */
  address: string;
  /** Wall milliseconds of its last session's beginning. */
  at: WallMilliseconds;
}

export class Devices {
  /** Wall milliseconds at which it last showed that there are two. */
  #shown = Number.NEGATIVE_INFINITY;

  /** @param seen the latest last */
  constructor(readonly seen: Seen[] = []) {}

  /**
   * A session of `boot` wants to be the part's.
   * @param holder the boot of the session that lives, if there is one @returns the device that has the part, if this one
   * is another
   */
  rivalOf(boot: Boot, address: string, holder: Boot | undefined, wall: WallMilliseconds): Seen | undefined {
    const last = this.seen.at(-1);
    const returns = last !== undefined && !sameBoot(last.boot, boot) && this.#has(boot, wall);
    if (returns) this.#shown = wall;
    if (holder === undefined || sameBoot(holder, boot) || !this.areTwo(wall)) return undefined;
    const held = this.seen.find((each) => sameBoot(each.boot, holder));
    // A new boot where the part's holder comes from is the holder, restarted.
    if (held === undefined || (!returns && held.address === address)) return undefined;
    return held;
  }

  /** Whether there have been two within the last hour. */
  areTwo(wall: WallMilliseconds): boolean {
    return wall - this.#shown < limits.rivalry;
  }

  /** A session has begun. */
  arrived(boot: Boot, address: string, wall: WallMilliseconds): void {
    const others = this.#lately(wall).filter((each) => !sameBoot(each.boot, boot));
    const kept = others.slice(Math.max(0, others.length - limits.devices + 1));
    this.seen.splice(0, this.seen.length, ...kept, { boot, address, at: wall });
  }

  /** Boots that may come back. */
  boots(wall: WallMilliseconds): Boot[] {
    return this.#lately(wall).map(({ boot }) => boot);
  }

  /** For people, when there are two. */
  problem(part: string, wall: WallMilliseconds): string | undefined {
    if (!this.areTwo(wall)) return undefined;
    const devices = this.#lately(wall).map(({ boot, address }) => `${address} (boot ${boot.counter})`);
    return `several devices say that they are ${part}: ${devices.join(', ')}. Give each a name of its own`;
  }

  #lately(wall: WallMilliseconds): Seen[] {
    return this.seen.filter(({ at }, index) => wall - at < limits.rivalry || index === this.seen.length - 1);
  }

  #has(boot: Boot, wall: WallMilliseconds): boolean {
    return this.#lately(wall).some((each) => sameBoot(each.boot, boot));
  }
}
