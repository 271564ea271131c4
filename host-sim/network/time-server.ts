/** The time server of one device's network: answers with the wall clock of the simulation, in whole seconds. */
import { timeChannel } from '../moddable/network/protocol';
import type { Path } from './path';
import type { ChannelHandler, NetworkDevice } from './types';

export interface WallClock {
  /** Unix time, milliseconds, at clock time 0. */
  epoch: number;
  /** Stretches of time in which no time server answers. */
  silent: number;
  /** What the server is wrong by, milliseconds. */
  error: number;
}

export class TimeServer implements ChannelHandler {
  /** An answer to an earlier boot is dropped. */
  #boot = 0;
  readonly #device: NetworkDevice;
  readonly #wall: WallClock;
  readonly #path: Path;
  readonly #passes: () => boolean;

  constructor(device: NetworkDevice, wall: WallClock, path: Path, passes: () => boolean) {
    this.#device = device;
    this.#wall = wall;
    this.#path = path;
    this.#passes = passes;
  }

  reset(): void {
    this.#boot += 1;
  }

  call(request: Uint8Array): undefined {
    const query = request[0]!;
    if (!this.#passes() || this.#wall.silent > 0) return;
    const { clock } = this.#device;
    const path = this.#path;
    const boot = this.#boot;
    const asked = path.datagram('up', 76);
    if (asked === undefined) return;
    clock.at(asked, () => {
      const sent = this.#wall.epoch + clock.now() + this.#wall.error;
      const answered = path.datagram('down', 76);
      if (answered === undefined) return;
      clock.at(answered, () => {
        if (!this.#passes() || boot !== this.#boot) return;
        const event = new DataView(new ArrayBuffer(9));
        event.setUint8(0, query);
        event.setFloat64(1, Math.floor(sent / 1000), true);
        this.#device.post(timeChannel, new Uint8Array(event.buffer));
      });
    });
  }
}
