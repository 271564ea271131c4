/**
 * The latest value of every stream, for whoever wants to see it now: a retained message a device, in the platform's form,
 * at a bounded rate. README.md says what holds.
 */
import { setImmediate } from 'node:timers/promises';
import type { CapturedBlock } from '../../../modules/block/file';
import type { Arrival, BlocksArrival, Position } from '../../inbox/arrival';
import { messageOf, messagesOfBlock } from '../../message/arrived-messages';
import type { Message, Value } from '../../message/message';
import type { Stage } from '../../stages/stage';

export interface LiveOptions {
  /** Where the inbox ends: what came before is not now. */
  end: Position;
  /** Milliseconds between two messages of a device. */
  interval: number;
  /** Retained. An empty payload takes the message away. */
  publish(topic: string, payload: string): void;
  onProblem(problem: string): void;
}

interface Shown {
  time: number;
  value: Value;
  tags: Message['tags'];
  unit: string | undefined;
}

interface Device {
  appId: string;
  devId: string;
  /** Of each stream the block that came last, not opened yet. */
  readonly blocks: Map<string, { arrival: BlocksArrival; block: CapturedBlock }>;
  readonly fields: Map<string, Shown>;
  changed: boolean;
}

/** What there is no room for is not shown. */
const mostDevices = 5_000;
const mostFields = 500;
/** What no topic can have. */
const noTopic = /[+#\0]/;
/** Messages that are read before others are let to the event loop. */
const turn = 250;

export class Live implements Stage {
  readonly name = 'live';
  readonly #options: LiveOptions;
  readonly #devices = new Map<string, Device>();
  readonly #timer: NodeJS.Timeout;
  #position: Position;
  #isFull = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#position = options.end;
    this.#timer = setInterval(() => this.publish(), options.interval);
    this.#timer.unref();
  }

  position(): Position {
    return this.#position;
  }

  async process(batch: readonly Arrival[], upTo: Position): Promise<void> {
    let messages = 0;
    for (const arrival of batch) {
      const device = this.#device(arrival.appId, arrival.devId);
      if (device === undefined) continue;
      if (arrival.kind === 'blocks') {
        const { boot, stream } = arrival.metadata;
        const block = arrival.blocks.at(-1);
        if (block !== undefined)
          device.blocks.set(`${boot.counter}-${boot.random}/${stream}`, { arrival, block });
        continue;
      }
      this.#show(device, () => messageOf(arrival));
      if (++messages % turn === 0) await setImmediate();
    }
    this.#position = Math.max(this.#position, upTo);
  }

  /** Publishes what has changed. */
  publish(): void {
    for (const device of this.#devices.values()) {
      for (const { arrival, block } of device.blocks.values())
        this.#show(device, () => messagesOfBlock(arrival, block).at(-1));
      device.blocks.clear();
      if (!device.changed) continue;
      device.changed = false;
      this.#options.publish(topicOf(device), textOf(device));
    }
  }

  /** A device that is deleted is shown no more. */
  forget(appId: string, devId: string): void {
    this.#devices.delete(JSON.stringify([appId, devId]));
    this.#options.publish(topicOf({ appId, devId }), '');
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #device(appId: string, devId: string): Device | undefined {
    const key = JSON.stringify([appId, devId]);
    const known = this.#devices.get(key);
    if (known !== undefined) return known;
    if (noTopic.test(appId) || noTopic.test(devId)) return undefined;
    if (this.#devices.size >= mostDevices) {
      if (!this.#isFull)
        this.#options.onProblem(`of more than ${mostDevices} devices the others are not shown`);
      this.#isFull = true;
      return undefined;
    }
    const device: Device = { appId, devId, blocks: new Map(), fields: new Map(), changed: false };
    this.#devices.set(key, device);
    return device;
  }

  /** A stream's reading that is older than the one shown came late. */
  #show(device: Device, read: () => Message | undefined): void {
    let message: Message | undefined;
    try {
      message = read();
    } catch {
      // The stages that keep it set it aside with its reason.
      return;
    }
    if (message === undefined) return;
    const { time, tags, unit, points } = message;
    for (const { field, value } of points) {
      const shown = device.fields.get(field);
      if (shown === undefined ? device.fields.size >= mostFields : shown.time > time) continue;
      device.fields.set(field, { time, value, tags, unit });
      device.changed = true;
    }
  }
}

export function topicOf({ appId, devId }: { appId: string; devId: string }): string {
  return `live/${appId}/${devId}`;
}

/** Written by hand for integers that no double holds. */
function textOf({ appId, devId, fields }: Device): string {
  const all = [...fields];
  const time = Math.max(...all.map(([, shown]) => shown.time));
  const values = all.map(
    ([field, { value }]) =>
      `${JSON.stringify(field)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`,
  );
  const of = Object.fromEntries(all.map(([field, { time, unit }]) => [field, { time, unit }]));
  const head = JSON.stringify({ app_id: appId, dev_id: devId, time }).slice(0, -1);
  const rest = JSON.stringify({ tag_fields: sharedTags(all.map(([, { tags }]) => tags)), live: of }).slice(1);
  return `${head},"payload_fields":{${values.join(',')}},${rest}`;
}

function sharedTags([first = {}, ...others]: readonly Message['tags'][]): Message['tags'] {
  return Object.fromEntries(
    Object.entries(first).filter(([key, value]) => others.every((tags) => tags[key] === value)),
  );
}
