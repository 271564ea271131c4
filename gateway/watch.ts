/**
 * While somebody looks at the page, connected parts are asked for their status every second; otherwise they are left
 * in peace and report by themselves, which is seldom. In: a part's call. Out: its latest answer.
 */

import type { GatewayClock } from './link/clock';
import type { CallRequest } from './link/session';

/** What the device tells of itself (modules/device/status); anything may be absent. */
export interface DeviceStatus {
  uptime?: number;
  heap?: { used?: number; size?: number };
  streams?: ({ number?: number; bytes?: number; quota?: number } & Record<string, unknown>)[];
  flash?: { wear?: number[]; epochs?: number[]; sectorBytes?: number };
}

export interface Answered {
  boot: string;
  /** Wall milliseconds. */
  at: number;
  status: DeviceStatus;
}

export interface WatchOptions {
  connected(): { part: string; boot: string }[];
  call(part: string, request: CallRequest): Promise<unknown>;
  clock: GatewayClock;
}

const period = 1000;
const request: CallRequest = { resource: '', method: 'Status', arguments: {}, deadline: 5000 };

export class Watch {
  readonly #options: WatchOptions;
  readonly #answers = new Map<string, Answered>();
  readonly #asked = new Set<string>();
  #watchers = 0;
  #cancel: (() => void) | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Somebody looks; @returns what to call when they have gone. */
  begin(): () => void {
    this.#watchers++;
    if (this.#watchers === 1) this.#ask();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#watchers--;
      if (this.#watchers === 0) this.#cancel?.();
    };
  }

  latest(part: string): Answered | undefined {
    return this.#answers.get(part);
  }

  #ask(): void {
    const { connected, call, clock } = this.#options;
    for (const { part, boot } of connected()) {
      if (this.#asked.has(part)) continue;
      this.#asked.add(part);
      call(part, request)
        .then(
          (status) => this.#answers.set(part, { boot, at: clock.wall(), status: status as DeviceStatus }),
          // The part has gone, or is too busy: its last answer stands, with its age.
          () => undefined,
        )
        .finally(() => this.#asked.delete(part));
    }
    this.#cancel = clock.after(period, () => this.#ask());
  }
}
