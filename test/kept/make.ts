/** `npm run generate -- kept`: keeps what this release writes, once. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { LogInbox } from '../../cloud/inbox/inbox';
import { Intake } from '../../cloud/inbox/intake';
import { NodeStorage } from '../../common/storage';
import { Outbox } from '../../gateway/outbox/outbox';
import { pack } from '../../modules/block/encode.node.js';
import { encodeHead, encodeRecord } from '../../modules/block/file';
import { link } from '../../proto/link.js';
import { boot, columns, frames, type Kind, metadata, part, releaseDirectory } from './contents';
import { startKept } from './kept-device';

const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
const into = releaseDirectory(version);

function fail(error: Error): never {
  throw error;
}

function keepBlocks(): void {
  mkdirSync(join(into, 'blocks'));
  for (const kind of Object.keys(columns) as Kind[]) {
    const { blocks } = pack(kind, columns[kind], { boot, stream: 3, target: 8_192 });
    if (blocks.length !== 1) throw new Error(`${kind}: ${blocks.length} blocks`);
    writeFileSync(join(into, 'blocks', kind), blocks[0]!);
  }
}

function keepFrames(): void {
  mkdirSync(join(into, 'frames'));
  for (const [name, envelope] of Object.entries(frames))
    writeFileSync(join(into, 'frames', name), link.Envelope.encode(envelope).finish());
}

const packed = (stream: number) => pack('integer', columns.integer, { boot, stream, target: 200 });

function keepCaptureFile(): number {
  const { blocks, ends } = packed(1);
  const records = blocks.map((bytes, index) =>
    encodeRecord({
      sequence: index,
      readings: ends[index]!.readings,
      mapping: { known: true, offset: 1_700_000_000_000 },
      bytes,
    }),
  );
  writeFileSync(join(into, 'capture.sluice'), Buffer.concat([encodeHead(metadata(1)), ...records]));
  return blocks.length;
}

/** Left as a power cut leaves it: copied while it is open. */
async function keepOutbox(scratch: string): Promise<void> {
  const path = join(scratch, 'outbox');
  const outbox = await Outbox.open({ path, onProblem: (_file, error) => fail(error) });
  const durable = async (stream: number) => {
    const state = outbox.declare(metadata(stream));
    const { blocks, ends } = packed(stream);
    const all = new Promise<void>((resolve) => {
      const end = outbox.events.on('durable', () => {
        if (state.durable !== blocks.length) return;
        end();
        resolve();
      });
    });
    for (const [sequence, bytes] of blocks.entries())
      outbox.append(state, { ...ends[sequence]!, sequence, bytes }, 1_700_000_000_000);
    await all;
  };
  await durable(0);
  await outbox.complete();
  await durable(1);
  // Its lock is of this machine, its reserve of this disk.
  const filter = (from: string) => !/^(lock|reserve$)/.test(basename(from));
  cpSync(path, join(into, 'outbox'), { recursive: true, filter });
  await outbox.close();
}

async function keepInbox(): Promise<void> {
  const directory = join(into, 'inbox');
  const storage = new NodeStorage();
  const inbox = await LogInbox.open({ directory, storage, onProblem: fail });
  const intake = await Intake.open({ inbox, storage, directory, onProblem: fail });
  const { blocks, ends } = packed(5);
  const captured = blocks.map((bytes, sequence) => ({
    sequence,
    readings: ends[sequence]!.readings,
    mapping: { known: true, offset: 1_700_000_000_000 },
    bytes,
  }));
  await intake.blocks(
    {
      kind: 'blocks',
      main: 'main',
      appId: 'project',
      devId: part,
      arrived: 1_700_000_100_000,
      metadata: metadata(5),
      blocks: captured,
    },
    async () => undefined,
  );
  await intake.close();
  await inbox.close();
}

async function keepDevice(scratch: string): Promise<void> {
  const directory = join(scratch, 'device');
  const { device } = await startKept(directory);
  await device.run(60_000);
  await device.powerCut();
  await device.close();
  writeFileSync(
    join(into, 'flash.bin.gz'),
    gzipSync(readFileSync(join(directory, 'flash.bin')), { level: 9 }),
  );
  cpSync(join(directory, 'preferences.bin'), join(into, 'preferences.bin'));
}

if (existsSync(into)) throw new Error(`what ${version} writes is kept already, and never changed`);
mkdirSync(into, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'sluice-kept-'));
try {
  keepBlocks();
  keepFrames();
  const captureBlocks = keepCaptureFile();
  await keepOutbox(scratch);
  await keepInbox();
  await keepDevice(scratch);
  writeFileSync(join(into, 'expected.json'), `${JSON.stringify({ captureBlocks }, undefined, 2)}\n`);
} catch (error) {
  rmSync(into, { recursive: true });
  throw error;
} finally {
  rmSync(scratch, { recursive: true });
}
console.log(readdirSync(into).join('\n'));
process.exit(0);
