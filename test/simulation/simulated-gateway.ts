/**
 * The real gateway end over a simulated network, clock and disk. It can be killed and started again. It notes what
 * it promised: acknowledgements and gaps as they went over the wire.
 */
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../common/clock/clock';
import type { StrictDisk } from '../../common/storage/strict-disk';
import { DiskGuard } from '../../gateway/disk-guard';
import type { Connection, PartConfiguration } from '../../gateway/link/connection';
import { limits } from '../../gateway/link/limits';
import { LinkServer } from '../../gateway/link/link-server';
import { attach, linkPath, linkProtocol } from '../../gateway/link/listener';
import type { Item } from '../../gateway/outbox/items';
import { Outbox } from '../../gateway/outbox/outbox';
import { bootKey } from '../../gateway/outbox/streams';
import { Sync } from '../../gateway/sync/sync';
import type { VirtualClock } from '../../host-sim/clock';
import type { ServerStream } from '../../host-sim/network/server-stream';
import type { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { link } from '../../proto/link.js';
import { LinkRecord } from './link-record';
import type { SimulatedCloud } from './simulated-cloud';

const syncPeriod = 7_000;
/** ms after which a gateway that could not start is started again, as by systemd. */
const restartPause = 5_000;

/** ms at least and at most. */
export type SyncTime = readonly [least: number, most: number];
export const usualSyncTime: SyncTime = [2, 42];

function wait(clock: VirtualClock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => void clock.at(clock.now() + milliseconds, resolve));
}

export interface SimulatedGatewayOptions {
  clock: VirtualClock;
  network: SimulatedNetwork;
  disk: StrictDisk;
  /** Where it syncs to; left out: nowhere. */
  cloud?: SimulatedCloud;
  secrets: Record<string, string>;
  configurations: Map<string, PartConfiguration>;
  random: () => number;
  /** Where it listens; left out: localhost. */
  host?: string;
  port: number;
  /** Left out: `ws:`. */
  tls?: { certificate: string; key: string };
  /** What its clock shows; left out: the network's time. */
  wall?: () => number;
  /** What a sync of the disk takes at this moment; left out: 2 to 42 ms. */
  syncTime?: () => SyncTime;
  log?: (line: string) => void;
  /** Each message of a part that has come. */
  received?: (bytes: Uint8Array) => void;
}

export class SimulatedGateway {
  directory!: Outbox;
  sync?: Sync<Item>;
  server!: LinkServer;
  running = false;
  starts = 0;
  /** `part/boot/stream` → every block below is promised to be durable. */
  readonly promised = new Map<string, number>();
  /** `part/boot/stream` → stretches of sequence numbers which the part no longer has, or the gateway was to delete on a full disk. */
  readonly gaps = new Map<string, [from: number, to: number][]>();
  /** Names of the blocks with which stamps that were far ahead of the clock went back to it. */
  readonly corrected = new Set<string>();
  /** Blocks that are to arrive with a bit flipped, as from a part with faulty memory. */
  flips = 0;
  /** Messages that were under way to a part at most, which it had not said to have taken. */
  mostUnderWay = 0;
  /** Messages with blocks that are to arrive twice. */
  repeats = 0;
  /** Paths of which the directory reported a problem, as of files that left without room for a note of it. */
  readonly problems = new Set<string>();
  readonly record: LinkRecord;
  readonly #streams = new Set<ServerStream>();
  readonly #cancels = new Set<() => void>();
  #stopListening?: () => void;
  #giveUp?: () => void;

  constructor(readonly options: SimulatedGatewayOptions) {
    this.record = new LinkRecord(() => options.clock.now());
  }

  /** Resolves when it has started, could not, or waits for a disk that fails: then time has to go on for it. */
  async start(): Promise<void> {
    if (this.running) return;
    this.starts++;
    this.running = true;
    let waits = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      waits = resolve;
    });
    await Promise.race([this.#start(waits), waiting]);
  }

  async #start(waits: () => void): Promise<void> {
    const { disk, secrets, configurations, network, host = 'localhost', port, random, log } = this.options;
    const clock = this.#clock();
    const storage = disk.mount();
    const problem = (path: string, error: Error) => {
      this.problems.add(path);
      log?.(`problem ${path}: ${error.message}`);
    };
    // Killed while it starts, it never gets there; who waits for the start must not wait for ever.
    const killed = new Promise<undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined);
    });
    const opening = Outbox.open({
      path: '/capture',
      storage,
      clock: {
        ...clock,
        after: (delay, action) => {
          // What is begun last, as it opens, keeps nobody waiting: the rest of the start comes before.
          setImmediate(waits);
          return clock.after(delay, action);
        },
      },
      journalBytes: 1 << 18,
      onProblem: problem,
    });
    const directory = await Promise.race([opening, killed]).catch((error: Error) => {
      log?.(`the gateway could not start: ${error.message}`);
      this.kill(false);
      this.options.clock.at(this.options.clock.now() + restartPause, () => this.start());
      return undefined;
    });
    if (directory === undefined) return;
    this.directory = directory;
    const write = (fields: object, message: string) => log?.(`${message} ${JSON.stringify(fields)}`);
    const server = new LinkServer({
      directory,
      parts: { secret: (part) => secrets[part], configuration: (part) => configurations.get(part) },
      log: { info: write, warn: write, error: write },
      clock,
      random: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
    });
    this.server = server;
    this.#listenIn();
    if (this.options.cloud !== undefined) this.#startSync(this.options.cloud, clock);
    const { tls } = this.options;
    const http = tls ? createSecureServer({ cert: tls.certificate, key: tls.key }) : createServer();
    const sockets = new WebSocketServer({
      server: http,
      path: linkPath,
      maxPayload: limits.message,
      perMessageDeflate: false,
      handleProtocols: (protocols) => (protocols.has(linkProtocol) ? linkProtocol : false),
    });
    sockets.on('connection', (socket, request) =>
      attach(server, socket, String(request.socket.remoteAddress)),
    );
    // From now on, as a start is not part of virtual time.
    disk.pause = ({ kind }) => {
      if (kind !== 'sync') return undefined;
      const [least, most] = this.options.syncTime?.() ?? usualSyncTime;
      return new Promise((resolve) => void clock.after(least + random() * (most - least), resolve));
    };
    this.#stopListening = network.listen(host, port, (stream) => {
      this.#streams.add(stream);
      stream.on('error', () => undefined);
      stream.once('close', () => this.#streams.delete(stream));
      http.emit('connection', stream);
    });
    this.record.started();
  }

  /** kill -9, or the machine's power cut: connections break, timers and unfinished work vanish. */
  kill(powerLoss: boolean): void {
    if (!this.running) return;
    this.running = false;
    this.record.stopped();
    this.#giveUp?.();
    this.options.disk.pause = undefined;
    this.#stopListening?.();
    this.options.disk.kill({ power: powerLoss });
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  #startSync(cloud: SimulatedCloud, clock: Clock): void {
    const { directory } = this;
    const { disk, random } = this.options;
    const log = pino({ level: 'silent' });
    this.sync = new Sync<Item>({
      source: {
        complete: () => directory.complete(),
        waiting: (destination) => directory.waiting(destination),
        delivered: (item, destination) => directory.delivered(item, destination),
        setAside: (item, destination, reason) => directory.setAside(item, destination, reason),
        describe: ({ key }) => key,
      },
      destinations: [
        cloud.destination({
          read: (item) => directory.read(item),
          wait: (milliseconds) => wait(this.options.clock, milliseconds),
        }),
      ],
      settings: { disabled: false, interval: syncPeriod, threads: 2 },
      clock,
      log,
      random,
    });
    directory.events.on('settled', ({ item, fate }) => {
      if (fate === 'delivered') cloud.noted(item, !this.problems.has(item.file.path));
    });
    directory.events.on('corrected', ({ state: { metadata, next } }) => {
      this.corrected.add(`${bootKey(metadata.part, metadata.boot)}/${metadata.stream}/${next}`);
    });
    this.sync.start();
    new DiskGuard<Item>({
      files: {
        list: () => [...directory.failed(), ...directory.waiting()],
        bytes: () => directory.bytes,
        discard: async (item) => {
          if (item.file.gone || this.sync?.isDelivering(item)) return false;
          // It may be killed once that is durable, before anybody is told.
          this.#lack(item);
          await directory.discard(item);
          return true;
        },
      },
      disk: async () => ({ used: disk.used, total: disk.capacity }),
      settings: { captureDisabled: false },
      clock,
      log,
    }).start();
  }

  #lack(item: Item): void {
    if (item.type !== 'blocks') return;
    const { part, boot, stream } = item.metadata;
    const key = `${bootKey(part, boot)}/${stream}`;
    this.gaps.set(key, [...(this.gaps.get(key) ?? []), [item.first, item.next]]);
  }

  #listenIn(): void {
    const { server, directory, record } = this;
    const opened = server.opened.bind(server);
    server.opened = (session, retained, begin) => {
      opened(session, retained, begin);
      record.opened(session);
    };
    const answered = server.onConfigurationResult.bind(server);
    server.onConfigurationResult = (session, result) => {
      record.answered(session, result);
      answered(session, result);
    };
    const ended = server.ended.bind(server);
    server.ended = (session) => {
      record.ended(session);
      ended(session);
    };
    const accept = server.accept.bind(server);
    server.accept = (connection: Connection) => {
      let sent = 0;
      let taken = 0;
      const session = accept(
        Object.create(connection, {
          unsent: { get: () => connection.unsent },
          send: {
            value: (bytes: Uint8Array) => {
              sent++;
              this.mostUnderWay = Math.max(this.mostUnderWay, sent - taken);
              const envelope = link.Envelope.decode(bytes);
              const promises = [...envelope.acknowledgements, ...(envelope.resume?.positions ?? [])];
              for (const { stream, next, boot } of promises) {
                const of = boot ? { counter: boot.counter ?? 0, random: boot.random ?? 0 } : session.boot;
                const key = `${bootKey(session.part, of)}/${stream ?? 0}`;
                this.promised.set(key, Math.max(this.promised.get(key) ?? 0, next ?? 0));
              }
              record.told(session, envelope, () =>
                server.known.get(session.part)?.devices.problem(session.part, server.clock.wall()),
              );
              connection.send(bytes);
            },
          },
        }) as Connection,
      );
      const receive = session.receive.bind(session);
      session.receive = (bytes) => {
        const envelope = link.Envelope.decode(bytes);
        taken = envelope.taken || taken;
        this.options.received?.(bytes);
        receive(this.flips > 0 ? this.#flip(bytes) : bytes);
        if (this.repeats === 0 || envelope.blocks.length === 0) return;
        this.repeats--;
        receive(bytes);
      };
      return session;
    };
    const skip = directory.skip.bind(directory);
    directory.skip = (state, next) => {
      const { part, boot, stream } = state.metadata;
      const key = `${bootKey(part, boot)}/${stream}`;
      if (next > state.next) this.gaps.set(key, [...(this.gaps.get(key) ?? []), [state.next, next]]);
      skip(state, next);
    };
  }

  #flip(bytes: Uint8Array): Uint8Array {
    const envelope = link.Envelope.decode(bytes);
    const [block] = envelope.blocks;
    if (block === undefined) return bytes;
    const flipped = Uint8Array.from(block);
    const { random } = this.options;
    flipped[Math.floor(random() * flipped.length)]! ^= 1 << Math.floor(random() * 8);
    this.flips--;
    return link.Envelope.encode({ ...envelope, blocks: [flipped, ...envelope.blocks.slice(1)] }).finish();
  }

  #clock(): Clock {
    const { clock, network, wall = () => network.wallTime() } = this.options;
    return {
      now: () => clock.now(),
      wall,
      after: (delay, action) => {
        const cancel = clock.at(clock.now() + delay, () => {
          this.#cancels.delete(cancel);
          action();
        });
        this.#cancels.add(cancel);
        return () => {
          this.#cancels.delete(cancel);
          cancel();
        };
      },
    };
  }
}
