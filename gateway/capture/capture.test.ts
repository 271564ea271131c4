import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { decodeBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { CollectorPlan } from '../../modules/config/plan';
import { Account } from '../outbox/account';
import type { BinaryMetadata } from '../outbox/entry';
import type { IncomingBlock } from '../outbox/outbox';
import { type StreamState, StreamStates } from '../outbox/streams';
import type { Method } from '../resources/apis/api';
import type { Resource } from '../resources/resource';
import { ResourceGraph } from '../resources/resource-graph';
import { MainCapture } from './main-capture';
import { statusOf } from './own-part';
import { readDeadline } from './reader';
import { TestClock } from './test-clock';

type Read = (method: Method, time: number) => unknown;

/** An outbox that takes what it is told to. */
class TestOutbox {
  readonly account = new Account(['cloud']);
  readonly states = new StreamStates(this.account);
  readonly blocks: { metadata: CaptureFileMetadata; block: IncomingBlock; offset: number }[] = [];
  readonly binaries: { metadata: BinaryMetadata; bytes: Uint8Array }[] = [];
  isFull = false;
  #taken: StreamState[] = [];

  declare(metadata: CaptureFileMetadata): StreamState {
    return this.states.add(metadata);
  }

  append(state: StreamState, block: IncomingBlock, offset = 0) {
    if (this.isFull) return 'full' as const;
    if (block.sequence !== state.next) return 'out-of-order' as const;
    state.next++;
    this.blocks.push({ metadata: state.metadata, block, offset });
    this.#taken.push(state);
    return 'taken' as const;
  }

  skip(state: StreamState, next: number): void {
    state.next = next;
  }

  async binary(metadata: BinaryMetadata, bytes: Uint8Array) {
    this.binaries.push({ metadata, bytes });
    return undefined as never;
  }

  collectorOf(name: CaptureFileMetadata) {
    return this.account.of(name);
  }

  /** What was taken is durable. */
  commit(): Set<StreamState> {
    for (const state of this.#taken) state.durable = state.next;
    const states = new Set(this.#taken);
    this.#taken = [];
    return states;
  }
}

class Bench {
  readonly clock = new TestClock();
  readonly graph = new ResourceGraph({ clock: this.clock });
  readonly outbox = new TestOutbox();
  readonly forgotten: number[] = [];
  readonly warnings: { message: string; repeated: number }[] = [];
  readonly capture: MainCapture;

  constructor(resources: Record<string, Read>) {
    const log = pino({ enabled: false });
    log.warn = ((fields: { repeated: number }, message: string) => {
      this.warnings.push({ message, repeated: fields.repeated });
    }) as typeof log.warn;
    const { clock, graph, outbox } = this;
    this.put(resources);
    const boot = { counter: 7, random: 0xabcdef };
    this.capture = new MainCapture({
      main: 'main',
      boot,
      graph,
      outbox: outbox as never,
      clock,
      log,
      forgotten: (stream) => this.forgotten.push(stream),
    });
  }

  put(resources: Record<string, Read>): void {
    const all = Object.entries(resources).map(
      ([name, read]): Resource => ({
        name,
        model: 'test',
        call: (method) => read(method, this.clock.time),
        close: () => undefined,
      }),
    );
    this.graph.put('test', all);
  }

  /** Everything delivered of a method, decoded; everything is durable then. */
  readings(method?: string) {
    return this.outbox.blocks
      .filter(({ metadata }) => method === undefined || metadata.method === method)
      .flatMap(({ block, metadata, offset }) => {
        const decoded = decodeBlock(block.bytes);
        if (!('values' in decoded)) throw new Error(decoded.message);
        return [...decoded.readings()].map((reading) => ({ ...reading, stream: metadata.stream, offset }));
      });
  }

  async deliver(): Promise<void> {
    await this.capture.seal();
    this.capture.durable(this.outbox.commit());
  }
}

const sensor = 'rdk:component:sensor/s';
const board = 'rdk:component:board/b';
const camera = 'rdk:component:camera/c';

function plan(
  resource: string,
  method: string,
  hertz: number | [number, number],
  more: Partial<CollectorPlan> = {},
) {
  const [numerator, denominator] = typeof hertz === 'number' ? [hertz, 1] : hertz;
  return {
    identity: { owner: 'part', resource, method, parameters: {} },
    frequency: { numerator, denominator },
    quota: 1_000,
    target: 250,
    tags: [],
    ...more,
  } as CollectorPlan;
}

const analogs = (reader: string, hertz: number): CollectorPlan => ({
  ...plan(board, 'Analogs', hertz),
  identity: { owner: 'part', resource: board, method: 'Analogs', parameters: { reader_name: reader } },
});

describe('capture on the main part', () => {
  it('has every reading of a thirtieth of an hour at a rate with a fraction, at its exact tick', async () => {
    const bench = new Bench({ [sensor]: (_method, time) => ({ readings: { time } }) });
    expect(bench.capture.apply([plan(sensor, 'Readings', 60)])).toEqual([]);
    await bench.clock.run(120_000);
    await bench.deliver();
    const readings = bench.readings();
    expect(Math.abs(readings.length - 7200)).toBeLessThanOrEqual(1);
    const first = readings[0]!.requested;
    readings.forEach(({ requested, value }, index) => {
      expect(requested).toBe(Math.ceil(first + (index * 1000) / 60));
      expect(value).toEqual({ time: requested });
    });
    const [status] = statusOf(bench.capture).streams;
    expect(status).toMatchObject({ captured: readings.length, missed: 0, late: 0, failed: 0, stored: 0 });
    expect(status!.acknowledged).toBe(readings.length);
  });

  it('captures twenty streams beside each other', async () => {
    const bench = new Bench({ [board]: () => ({ value: 5, min_range: 0, max_range: 1, step_size: 0.1 }) });
    bench.capture.apply(Array.from({ length: 20 }, (_, reader) => analogs(`r${reader}`, 100)));
    await bench.clock.run(10_000);
    await bench.deliver();
    const { streams } = statusOf(bench.capture);
    expect(streams).toHaveLength(20);
    for (const { captured, acknowledged } of streams) {
      expect(Math.abs(captured - 1000)).toBeLessThanOrEqual(1);
      expect(acknowledged).toBe(captured);
    }
    expect(bench.outbox.blocks[0]!.metadata).toMatchObject({
      part: 'main',
      boot: { counter: 7 },
      kind: 'integer',
      range: { min: 0, max: 1, step: 0.1, unit: 'V' },
    });
  });

  it('counts the ticks of a slow read as missed, and says so in the block', async () => {
    const bench = new Bench({
      [sensor]: () => new Promise((resolve) => bench.clock.after(35, () => resolve({ readings: { a: 1 } }))),
    });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(1_000);
    await bench.deliver();
    const readings = bench.readings();
    const steps = readings.slice(1).map(({ requested }, index) => requested - readings[index]!.requested);
    expect(new Set(steps)).toEqual(new Set([40]));
    expect(readings.every(({ requested, received }) => received - requested === 35)).toBe(true);
    const [status] = statusOf(bench.capture).streams;
    expect(status!.missed).toBeGreaterThanOrEqual(3 * (readings.length - 1));
  });

  it('gives up a read that hangs, goes on, and stops asking while several hang', async () => {
    let asked = 0;
    const bench = new Bench({
      [sensor]: () => {
        asked++;
        return new Promise(() => undefined);
      },
    });
    bench.capture.apply([plan(sensor, 'Readings', 1)]);
    await bench.clock.run(10 * readDeadline);
    expect(asked).toBe(3);
    const [status] = statusOf(bench.capture).streams;
    expect(status!.failed).toBeGreaterThan(3);
    expect(status!.captured).toBe(0);
  });

  it('tells the same error once in a while, with how often it came', async () => {
    const bench = new Bench({
      [sensor]: () => {
        throw new Error('no such chip');
      },
    });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(150_000);
    expect(bench.warnings).toEqual([
      { message: 'not captured: no such chip', repeated: 0 },
      { message: 'not captured: no such chip', repeated: 5999 },
      { message: 'not captured: no such chip', repeated: 5999 },
    ]);
    expect(statusOf(bench.capture).streams[0]!.failed).toBeGreaterThanOrEqual(14_999);
  });

  it('a failed read leaves its tick out and shifts no other', async () => {
    let reads = 0;
    const bench = new Bench({
      [sensor]: () => {
        if (++reads % 5 === 0) throw new Error('now and then');
        return { readings: { reads } };
      },
    });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(5_000);
    await bench.deliver();
    const readings = bench.readings();
    const first = readings[0]!.requested;
    for (const { requested, value } of readings)
      expect(requested).toBe(first + 10 * ((value as { reads: number }).reads - 1));
    const [status] = statusOf(bench.capture).streams;
    expect(status!.captured + status!.failed).toBe(reads);
    expect(status!.captured).toBe(readings.length);
  });

  it('lets what did not change go on through a change of configuration, and delivers what was taken away', async () => {
    const bench = new Bench({ [sensor]: () => ({ readings: { a: 1 } }), [board]: () => ({ high: true }) });
    const pins = { ...plan(board, 'Gpios', 10) };
    bench.capture.apply([plan(sensor, 'Readings', 100), pins]);
    await bench.clock.run(1_000);
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(1_000);
    await bench.deliver();
    expect(new Set(bench.readings('Readings').map(({ stream }) => stream)).size).toBe(1);
    expect(bench.readings('Gpios').length).toBeGreaterThanOrEqual(9);
    expect(bench.readings('Gpios').length).toBeLessThanOrEqual(10);
    expect(bench.forgotten).toEqual([1]);
    expect([...bench.capture.declared.values()].map(({ metadata }) => metadata.method)).toEqual(['Readings']);
    bench.capture.apply([plan(sensor, 'Readings', 50)]);
    await bench.clock.run(1_000);
    await bench.deliver();
    expect(bench.readings('Readings').at(-1)!.stream).toBe(2);
  });

  it('goes on with a resource that was built anew, and with another range as another stream', async () => {
    const of = (step_size: number) => () => ({ value: 1, min_range: 0, max_range: 5, step_size });
    const bench = new Bench({ [board]: of(1) });
    bench.capture.apply([analogs('a', 10)]);
    await bench.clock.run(1_000);
    bench.put({ [board]: of(1) });
    await bench.clock.run(1_000);
    await bench.deliver();
    expect(new Set(bench.readings().map(({ stream }) => stream))).toEqual(new Set([0]));
    bench.put({ [board]: of(2) });
    await bench.clock.run(1_000);
    await bench.deliver();
    expect(new Set(bench.readings().map(({ stream }) => stream))).toEqual(new Set([0, 1]));
    const times = bench.readings().map(({ requested }) => requested);
    expect(times.every((time, index) => index === 0 || time === times[index - 1]! + 100)).toBe(true);
    expect(bench.outbox.blocks.at(-1)!.metadata.range?.step).toBe(2);
  });

  it('keeps what the outbox does not take, the newest where there is no room, and accounts for all', async () => {
    let value = 0;
    const bench = new Bench({
      [sensor]: () => {
        value = (value * 48_271 + 1) % 2_147_483_647;
        return { readings: { noise: value / 7 } };
      },
    });
    bench.capture.apply([plan(sensor, 'Readings', 1000)]);
    bench.outbox.isFull = true;
    await bench.clock.run(120_000);
    const [before] = statusOf(bench.capture).streams;
    expect(before!.overwritten).toBeGreaterThan(0);
    expect(before!.stored).toBeGreaterThan(0);
    bench.outbox.isFull = false;
    bench.capture.relieved();
    await bench.deliver();
    const { streams, losses } = statusOf(bench.capture);
    const { captured, acknowledged, overwritten, stored } = streams[0]!;
    expect(stored).toBe(0);
    expect(acknowledged + overwritten).toBe(captured);
    expect(bench.readings()).toHaveLength(acknowledged);
    expect(losses).toMatchObject([{ cause: 'outbox-full', readings: overwritten }]);
    const times = bench.readings().map(({ requested }) => requested);
    expect(times.at(-1)! - times[0]!).toBe(times.length - 1);
  });

  it('gives again what the outbox took and lost, once', async () => {
    const bench = new Bench({ [sensor]: (_method, time) => ({ readings: { time } }) });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(1_000);
    await bench.capture.seal();
    const lost = bench.outbox.blocks.splice(0);
    expect(lost.length).toBeGreaterThan(0);
    const [state] = bench.outbox.states.all;
    state!.next = state!.durable;
    bench.capture.failed();
    await bench.clock.run(1_000);
    await bench.deliver();
    const times = bench.readings().map(({ requested }) => requested);
    expect(times).toHaveLength(statusOf(bench.capture).streams[0]!.captured);
    expect(new Set(times).size).toBe(times.length);
  });

  it('follows the wall clock when it is set, not its jitter', async () => {
    const bench = new Bench({ [sensor]: () => ({ readings: { a: 1 } }) });
    bench.capture.apply([plan(sensor, 'Readings', 10)]);
    await bench.clock.run(1_000);
    await bench.capture.seal();
    bench.clock.epoch += 3;
    await bench.clock.run(1_000);
    await bench.capture.seal();
    bench.clock.epoch += 3_600_000;
    await bench.clock.run(1_000);
    await bench.deliver();
    const offsets = [...new Set(bench.readings().map(({ offset }) => offset))];
    expect(offsets).toHaveLength(2);
    expect(offsets[1]! - offsets[0]!).toBe(3_600_003);
  });

  it('names what cannot be captured here, and captures the rest', async () => {
    const bench = new Bench({ [sensor]: () => ({ readings: { a: 1 } }) });
    const problems = bench.capture.apply([
      plan('rdk:component:toaster/t', 'Browning', 1),
      plan(sensor, 'Readings', 1),
    ]);
    expect(problems).toMatchObject([{ index: 0, message: /toaster/ }]);
    await bench.clock.run(3_000);
    await bench.deliver();
    expect(bench.readings().length).toBeGreaterThanOrEqual(2);
  });
});

describe('capture of files', () => {
  const image = (text: string) => ({ mime_type: 'image/png', image: Buffer.from(text), source_name: text });

  it('keeps each image of a reading with its time, type and extension', async () => {
    const bench = new Bench({ [camera]: () => ({ images: [image('color'), image('depth')] }) });
    bench.capture.apply([plan(camera, 'GetImages', 1, { tags: ['night'], retention: { days: 5 } })]);
    await bench.clock.run(1_500);
    const [color, depth] = bench.outbox.binaries;
    expect(color).toMatchObject({
      metadata: {
        part: 'main',
        resource: camera,
        method: 'GetImages',
        mimeType: 'image/png',
        extension: '.png',
        tags: ['night'],
        retention: { days: 5 },
        source: 'color',
      },
      bytes: Buffer.from('color'),
    });
    expect(depth!.metadata.source).toBe('depth');
    expect(color!.metadata.requested).toBeGreaterThanOrEqual(bench.clock.epoch);
    expect(statusOf(bench.capture).streams).toMatchObject([{ captured: 4, acknowledged: 4 }]);
  });

  it('asks for the next only when the last is durable', async () => {
    const bench = new Bench({ [camera]: () => ({ mime_type: 'image/png', image: Buffer.from('x') }) });
    let underWay = 0;
    let most = 0;
    bench.outbox.binary = () => {
      most = Math.max(most, ++underWay);
      return new Promise((resolve) =>
        bench.clock.after(350, () => {
          underWay--;
          resolve(undefined as never);
        }),
      );
    };
    bench.capture.apply([plan(camera, 'ReadImage', 10)]);
    await bench.clock.run(4_000);
    expect(most).toBe(1);
    const [status] = statusOf(bench.capture).streams;
    expect(status!.captured).toBeGreaterThanOrEqual(9);
    expect(status!.missed).toBeGreaterThanOrEqual(27);
  });

  it('waits at its end for what is being stored, and counts it', async () => {
    const bench = new Bench({ [camera]: () => ({ mime_type: 'image/png', image: Buffer.from('x') }) });
    bench.outbox.binary = () =>
      new Promise((resolve) => bench.clock.after(350, () => resolve(undefined as never)));
    bench.capture.apply([plan(camera, 'ReadImage', 1)]);
    await bench.clock.run(10);
    const closed = bench.capture.close();
    await bench.clock.run(400);
    await closed;
    expect(statusOf(bench.capture).streams).toMatchObject([{ captured: 1, acknowledged: 1 }]);
  });

  it('counts what could not be stored as failed', async () => {
    const bench = new Bench({ [camera]: () => ({ mime_type: 'image/png', image: Buffer.from('x') }) });
    bench.outbox.binary = () => Promise.reject(new Error('no space left'));
    bench.capture.apply([plan(camera, 'ReadImage', 1)]);
    await bench.clock.run(3_500);
    expect(statusOf(bench.capture).streams).toMatchObject([{ captured: 0, failed: 4 }]);
    expect(bench.warnings).toEqual([{ message: 'not captured: no space left', repeated: 0 }]);
  });

  it('leaves out of what is kept what a vision service is not sure enough of', async () => {
    const vision = 'rdk:service:vision/v';
    const sure = { class_name: 'cat', confidence: 0.9 };
    const unsure = { class_name: 'dog', confidence: 0.4 };
    const bench = new Bench({
      [vision]: () => ({ image: image('x'), detections: [], classifications: [sure, unsure] }),
    });
    const parameters = { camera_name: 'c', mime_type: 'image/jpeg', min_confidence_score: '0.7' };
    const capture = plan(vision, 'CaptureAllFromCamera', 1);
    bench.capture.apply([{ ...capture, identity: { ...capture.identity, parameters } }]);
    await bench.clock.run(1_100);
    expect(bench.outbox.binaries[0]!.metadata.annotations).toEqual({
      detections: [],
      classifications: [sure],
    });
  });
});
