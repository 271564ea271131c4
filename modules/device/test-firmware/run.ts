/**
 * The device with an uplink that reaches the test instead of a gateway (test-device.node.ts): it hands over blocks by
 * the simulator's bridge, and acknowledges them as they are taken.
 */
import Digital from 'embedded:io/digital';
import config from 'mc/config';
import Preference from 'preference';
import { call, listen } from 'sim/bridge';
import Timer from 'timer';
import { LongAnswer } from '../../uplink/long-answer';
import type { UplinkControl, UplinkHost } from '../../uplink/uplink-host';
import { Device } from '../device';

/** Channels, as in test-device.node.ts. */
const blockChannel = 16;
const answerChannel = 17;
const commandChannel = 18;

interface Command {
  name: 'configure' | 'status' | 'call' | 'restart' | 'wall' | 'sync' | 'hold' | 'fill';
  revision: string;
  part: string;
  additions: string;
  resource: string;
  method: string;
  parameters: Record<string, unknown>;
  reason: string;
  source: 'gateway' | 'sntp';
  offset: number;
  /** That somebody else has from now on, so that no driver can; left out: none. */
  pin?: number;
  /** A setting that there is no more when NVS is full. */
  forget?: string;
}

class BridgeUplink implements UplinkControl {
  private readonly buffer = new Uint8Array(512);
  private held: Digital | undefined;

  /** With `config.fragile` whatever the network brings ends the machine. */
  network(up: boolean): void {
    if (up && config.fragile) throw new Error('brought down by the network');
  }

  planned(): void {}
  wallSet(): void {}
  handedOver(): void {}

  constructor(private readonly host: UplinkHost) {}

  start(): void {
    listen(commandChannel, (bytes) => {
      const command = JSON.parse(String.fromArrayBuffer(bytes)) as Command;
      if (command.name !== 'configure') this.answer(this.act(command));
      else
        this.host.configure(
          command.revision,
          bytesOf(command.part),
          bytesOf(command.additions),
          (applied, problems) => this.answer({ applied, problems }),
        );
    });
    const interval = config.sync as number;
    if (interval > 0) Timer.repeat(() => this.sync(), interval);
  }

  sync(): void {
    this.host.capture.seal(() => this.deliver());
  }

  close(): void {
    listen(commandChannel);
  }

  private answer(result: unknown): void {
    call(answerChannel, ArrayBuffer.fromString(JSON.stringify(result ?? null)));
  }

  private deliver(): void {
    const { buffer } = this;
    for (const { ring } of this.host.capture.streams) {
      while (ring.oldest < ring.next) {
        const length = ring.read(ring.oldest, buffer);
        if (length > 0) call(blockChannel, buffer.slice(0, length).buffer);
        ring.acknowledge(ring.oldest + 1);
      }
    }
  }

  private act(command: Command): unknown {
    const { host } = this;
    switch (command.name) {
      case 'status':
        return {
          ...(plain(host.call('', 'Status', {})) as object),
          now: host.clock.now(),
          wall: host.clock.wall,
        };
      case 'call':
        try {
          return plain(host.call(command.resource, command.method, command.parameters));
        } catch (error) {
          return { error: String(error) };
        }
      case 'restart':
        return host.restart(command.reason);
      case 'wall':
        return host.clock.setWall(command.source, command.offset, 10);
      case 'sync':
        return this.sync();
      case 'hold':
        this.held?.close();
        this.held =
          command.pin === undefined ? undefined : new Digital({ pin: command.pin, mode: Digital.Input });
        return true;
      case 'fill':
        if (command.forget !== undefined) Preference.delete('sluice', command.forget);
        return fill();
    }
  }
}

/** Leaves no room in NVS. */
function fill(): boolean {
  for (let size = 3_000, number = 0; size > 0; number++) {
    try {
      Preference.set('filler', `f${number}`, '.'.repeat(size));
    } catch {
      size >>= 1;
    }
  }
  return true;
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(ArrayBuffer.fromString(text));
}

function plain(result: unknown): unknown {
  if (!(result instanceof LongAnswer)) return result;
  let text = '';
  for (;;) {
    const { done, value } = result.pieces.next();
    text += value;
    if (done) break;
  }
  return JSON.parse(text);
}

export default function main(): void {
  new Device({ configuration: '{}', firmware: 'test', uplink: (host) => new BridgeUplink(host) });
}
