/**
 * A data manager as a process of its own, to be killed or measured:
 * `tsx gateway/data-manager/test-process.ts '{"root", "data", "cloud", "projects", "load", "own", "fullFor", "life", "epoch"}'`.
 *
 * With `load` it captures as fast as it is taken: blocks of one stream, binaries; with `own` the main part captures its
 * own resources beside. It prints a line for each thing that is durable (`block 12`, `binary 3-4`, `own board-2 20`:
 * readings), `drained {accounts}` once nothing waits and nothing more comes, and ends when its
 * standard input does. For `fullFor` ms its disk has no room.
 */
import { join } from 'node:path';
import process from 'node:process';
import { systemClock } from '@sluice/common/clock';
import { systemCode } from '@sluice/common/errors';
import { NodeStorage, type StorageFile } from '@sluice/common/storage';
import { pino } from 'pino';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import { cloudUpload } from '../cloud-upload';
import type { Item } from '../outbox/items';
import { destinationTypes } from '../sync/destinations';
import { DataManager } from './data-manager';
import { ownMachine, startMainPart } from './test-main-part';

export interface TestProcessOptions {
  root: string;
  data: string;
  cloud: string;
  /** Of the cloud: each is a destination of its own, by its name. */
  projects: string[];
  load: boolean;
  own?: boolean;
  /** Milliseconds; 0: its disk is never full. */
  fullFor: number;
  life: number;
  /** Wall milliseconds of the blocks' first reading, the same in each life: a cloud keeps them for its days only. */
  epoch: number;
}

export const loadBlocks = 4_000;
const blockReadings = 20;

class FullDisk extends NodeStorage {
  isFull = false;

  override async open(path: string): Promise<StorageFile> {
    return this.#bounded(await super.open(path));
  }

  override async create(path: string, mode?: number): Promise<StorageFile> {
    return this.#bounded(await super.create(path, mode));
  }

  #bounded(file: StorageFile): StorageFile {
    const append = file.append.bind(file);
    file.append = async (chunks) => {
      if (this.isFull) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      await append(chunks);
    };
    return file;
  }
}

const stream: CaptureFileMetadata = {
  part: 'esp',
  boot: { counter: 1, random: 7 },
  stream: 1,
  owner: 'main',
  resource: 'rdk:component:encoder/e',
  method: 'TicksCount',
  parameters: {},
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  tags: [],
};

/** Of readings 0, 1, 2 …, in order. */
function blocks(): { bytes: Uint8Array; sequence: number; readings: number; start: number; end: number }[] {
  const made: ReturnType<typeof blocks> = [];
  const encoder = new IntegerEncoder({
    boot: stream.boot,
    stream: stream.stream,
    period: stream.period,
    target: 512,
    sink: {
      block: (bytes, length, sequence, readings, start, end) =>
        void made.push({ bytes: bytes.slice(0, length), sequence, readings, start, end }),
    },
  });
  encoder.start(0);
  for (let value = 0; value < loadBlocks * blockReadings; value++) {
    encoder.staged[encoder.count++] = value;
    if (value % blockReadings === blockReadings - 1) encoder.seal();
  }
  return made;
}

const options = JSON.parse(process.argv[2]!) as TestProcessOptions;
const { root, data, cloud, projects, load, own, fullFor, life, epoch } = options;
const storage = new FullDisk();
const manager = await DataManager.open({
  settings: {
    sync: { disabled: false, interval: 50, threads: 3 },
    disk: { captureDisabled: false },
    additionalPaths: { paths: [data], untouchedFor: 1_000, tags: [] },
  },
  main: 'main',
  captureDirectory: join(root, 'capture'),
  home: join(root, 'home'),
  destinationNames: projects,
  destinations: (ownerOf) =>
    projects.map((appId) =>
      destinationTypes['block-door'].open<Item>(appId, {
        address: cloud,
        appId,
        main: 'main',
        read: (item) => cloudUpload(ownerOf(item), item, { main: 'main', deleteDataOnPartDeletion: false }),
      }),
    ),
  remote: () => undefined,
  readings: async () => undefined,
  storage,
  clock: systemClock,
  log: pino({ level: 'fatal' }),
});
const { outbox } = manager;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (line: string) => void process.stdout.write(`${line}\n`);

async function captureBlocks(): Promise<void> {
  const all = blocks();
  const state = outbox.declare(stream);
  outbox.events.on('durable', ({ blocks }) => {
    for (const { state, entry } of blocks)
      if (state.metadata.part === stream.part) say(`block ${entry.sequence}`);
  });
  while (state.next < all.length) {
    const outcome = outbox.append(state, all[state.next]!, epoch);
    await pause(outcome === 'taken' ? 2 : 20);
  }
}

async function captureOwn(): Promise<void> {
  outbox.events.on('durable', ({ blocks }) => {
    for (const { state, entry } of blocks) {
      const { part, resource } = state.metadata;
      if (part === 'main') say(`own ${resource.slice(resource.indexOf('/') + 1)} ${entry.readings}`);
    }
  });
  await startMainPart(outbox, ownMachine());
}

async function captureBinaries(): Promise<void> {
  for (let n = 0; ; n++) {
    const name = `${life}-${n}`;
    const now = Date.now();
    const metadata = {
      part: 'main',
      owner: 'part' as const,
      resource: 'rdk:component:camera/cam',
      method: 'GetImages',
      parameters: {},
      requested: now,
      received: now,
      extension: '.txt',
      tags: [],
    };
    try {
      await outbox.binary(metadata, Buffer.from(`binary ${name} ${'x'.repeat(20_000)}`));
      say(`binary ${name}`);
    } catch (error) {
      if (systemCode(error) !== 'ENOSPC') say(`failed ${(error as Error).message}`);
    }
    await pause(10);
  }
}

process.stdin.on('end', () => process.exit(0)).resume();
if (own && load) await captureOwn();
say('started');
manager.start();
if (load) {
  void captureBlocks();
  void captureBinaries();
  if (fullFor > 0) {
    await pause(100);
    storage.isFull = true;
    await pause(fullFor);
    storage.isFull = false;
  }
} else {
  // Nothing more comes but what lies there.
  for (let empty = 0; empty < 3; ) {
    await manager.syncNow();
    empty = outbox.waitingItems === 0 ? empty + 1 : 0;
    await pause(100);
  }
  const accounts = projects.map((project) => [project, outbox.outbox.account(project)]);
  say(`drained ${JSON.stringify(Object.fromEntries(accounts))}`);
}
