/** Capture on the main part, for its tests. */
import { pino } from 'pino';
import { decodeBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { CollectorPlan } from '../../modules/config/plan';
import { Account } from '../outbox/account';
import type { IncomingBlock } from '../outbox/block-intake';
import type { BinaryMetadata } from '../outbox/entry';
import { type StreamState, StreamStates } from '../outbox/streams';
import type { Method } from '../resources/apis/api';
import type { Resource } from '../resources/resource';
import { ResourceGraph } from '../resources/resource-graph';
import { MainCapture } from './main-capture';
import { TestClock } from './test-clock';

type Read = (method: Method, time: number, request: object) => unknown;

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

/** The main part's capture over resources that are functions, with a clock and an outbox that are the test's. */
export class Bench {
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
        call: (method, request) => read(method, this.clock.time, request),
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

export const sensor = 'rdk:component:sensor/s';
export const board = 'rdk:component:board/b';
export const camera = 'rdk:component:camera/c';

export function plan(
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

export const analogs = (reader: string, hertz: number): CollectorPlan => ({
  ...plan(board, 'Analogs', hertz),
  identity: { owner: 'part', resource: board, method: 'Analogs', parameters: { reader_name: reader } },
});
