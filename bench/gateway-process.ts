/**
 * The real gateway as a process of its own, for `gateway.bench.ts`: `gateway-process DIRECTORY PARTS SECRET SYNC CLOUD`, on a
 * disk whose every sync takes SYNC milliseconds, one after another, as those of an SD card do. `measure` is answered with
 * what it has measured since the last time; `sync` begins to hand things on to the cloud.
 */
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { pino } from 'pino';
import { NodeStorage } from '../common/storage';
import type { StorageFile } from '../common/storage/storage';
import { openAuthority } from '../common/tls';
import { Gateway } from '../gateway/gateway';
import { Outbox } from '../gateway/outbox/outbox';

/** What the parent gets. */
export interface Measured {
  /** CPU seconds of all threads. */
  cpu: number;
  /** Milliseconds of the event loop's delay: 99 of 100, and the longest. */
  delay: number;
  longestDelay: number;
  /** Bytes of memory now. */
  memory: number;
  /** Milliseconds that the page's whole state took. */
  state: number;
  /** Milliseconds until what was acknowledged could be read by a sync that asked for it, the longest. */
  complete: number;
}

class SlowStorage extends NodeStorage {
  readonly #milliseconds: number;
  #last: Promise<void> = Promise.resolve();

  constructor(milliseconds: number) {
    super();
    this.#milliseconds = milliseconds;
  }

  override async open(path: string): Promise<StorageFile> {
    return this.#slow(await super.open(path));
  }

  override async create(path: string, mode?: number): Promise<StorageFile> {
    return this.#slow(await super.create(path, mode));
  }

  override syncDirectory(): Promise<void> {
    return this.#sync();
  }

  #slow(file: StorageFile): StorageFile {
    file.sync = () => this.#sync();
    return file;
  }

  #sync(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => setTimeout(resolve, this.#milliseconds)));
    return this.#last;
  }
}

/** In the main's configuration alone: what each part captures is not the gateway's to know. */
function machine(directory: string, parts: number, secret: string, isSynced: boolean): string {
  const attributes = { capture_dir: join(directory, 'capture'), sync_disabled: !isSynced };
  const names = Array.from({ length: parts }, (_, index) => `part-${index}`);
  return JSON.stringify({
    services: [{ name: 'data_manager', type: 'data_manager', attributes }],
    remotes: names.map((name) => ({ name, address: `${name}.local:80`, secret })),
  });
}

async function main(): Promise<void> {
  const [directory = '', parts, secret = '', milliseconds, cloud = ''] = process.argv.slice(2);
  const completes = timeCompletes();
  const gateway = await Gateway.start({
    configuration: machine(directory, Number(parts), secret, false),
    main: 'main',
    directory: join(directory, 'gateway'),
    link: { host: '127.0.0.1', port: 0, tls: true },
    api: { host: '127.0.0.1', port: 0 },
    cloud: { address: cloud, appId: 'bench' },
    page: directory,
    log: pino({ level: 'warn', base: null }, pino.destination(2)),
    storage: new SlowStorage(Number(milliseconds)),
  });
  const { authority } = await openAuthority(join(directory, 'gateway'));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let before = process.cpuUsage();
  process.on('message', (asked) => {
    if (asked === 'sync') return gateway.configure(machine(directory, Number(parts), secret, true));
    const { user, system } = process.cpuUsage(before);
    const milliseconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - 1);
    const measured: Measured = {
      cpu: (user + system) / 1e6,
      delay: milliseconds(delay.percentile(99)),
      longestDelay: milliseconds(delay.max),
      memory: process.memoryUsage.rss(),
      state: timeOf(() => gateway.state()),
      // Of none there is no figure that could be met.
      complete: completes.length > 0 ? Math.max(...completes.splice(0)) : Number.MAX_VALUE,
    };
    process.send!(measured);
    delay.reset();
    before = process.cpuUsage();
  });
  process.send!({ port: gateway.linkPort, api: gateway.apiPort, authority: authority.pem });
}

/** Of every sync's question for what was acknowledged, how long it took. */
function timeCompletes(): number[] {
  const times: number[] = [];
  const { complete } = Outbox.prototype;
  Outbox.prototype.complete = async function timed(olderThan) {
    const start = performance.now();
    await complete.call(this, olderThan);
    times.push(performance.now() - start);
  };
  return times;
}

function timeOf(action: () => unknown): number {
  const start = performance.now();
  action();
  return performance.now() - start;
}

void main();
