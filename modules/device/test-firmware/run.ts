/**
 * The device with an uplink that reaches the test instead of a gateway (test-device.node.ts): it hands over blocks by
 * the simulator's bridge, and acknowledges them as they are taken.
 */
import config from 'mc/config';
import { call, listen } from 'sim/bridge';
import Timer from 'timer';
import { Device } from '../device';
import type { UplinkControl, UplinkHost } from '../uplink-host';

/** Channels, as in test-device.node.ts. */
const BLOCKS = 16;
const ANSWERS = 17;
const COMMANDS = 18;

interface Command {
  name: 'configure' | 'status' | 'call' | 'restart' | 'wall' | 'sync';
  revision: string;
  part: string;
  additions: string;
  resource: string;
  method: string;
  parameters: Record<string, unknown>;
  reason: string;
  source: 'gateway' | 'sntp';
  offset: number;
}

class BridgeUplink implements UplinkControl {
  private readonly buffer = new Uint8Array(512);

  constructor(private readonly host: UplinkHost) {}

  start(): void {
    listen(COMMANDS, (bytes) => {
      const result = this.act(JSON.parse(String.fromArrayBuffer(bytes)) as Command);
      call(ANSWERS, ArrayBuffer.fromString(JSON.stringify(result ?? null)));
    });
    const interval = config.sync as number;
    if (interval > 0) Timer.repeat(() => this.sync(), interval);
  }

  sync(): void {
    this.host.capture.seal(() => this.deliver());
  }

  close(): void {
    listen(COMMANDS);
  }

  private deliver(): void {
    const { buffer } = this;
    for (const { ring } of this.host.capture.streams) {
      while (ring.oldest < ring.next) {
        const length = ring.read(ring.oldest, buffer);
        if (length > 0) call(BLOCKS, buffer.slice(0, length).buffer);
        ring.acknowledge(ring.oldest + 1);
      }
    }
  }

  private act(command: Command): unknown {
    const { host } = this;
    switch (command.name) {
      case 'configure':
        return host.configure(command.revision, command.part, command.additions);
      case 'status':
        return { ...host.status(), now: host.clock.now(), wall: host.clock.wall };
      case 'call':
        try {
          return host.call(command.resource, command.method, command.parameters);
        } catch (error) {
          return { error: String(error) };
        }
      case 'restart':
        return host.restart(command.reason);
      case 'wall':
        return host.clock.setWall(command.source, command.offset, 10);
      case 'sync':
        return this.sync();
    }
  }
}

export default function main(): void {
  new Device({ configuration: '{}', firmware: 'test', uplink: (host) => new BridgeUplink(host) });
}
