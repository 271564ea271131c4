/** The block door until it acknowledges: HTTP, the check of each block and the inbox, without the stores behind it. */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { BlockDoor } from '../cloud/doors/blocks';
import { takeEntries } from '../cloud/doors/messages';
import { LogInbox } from '../cloud/inbox/inbox';
import { Intake } from '../cloud/inbox/intake';
import { guard, makeServer } from '../common/http';
import { NodeStorage } from '../common/storage';
import { pack, type StagedSlip } from '../modules/block/encode.node.js';
import { encodeHead, encodeRecord } from '../modules/block/file';
import { atLeast, type Figure } from './figure';
import { signals } from './signals';

const files = 8;
const readings = 500_000;
const boot = { counter: 1, random: 1 };
const period = { numerator: 10, denominator: 1 };
const access = { host: '127.0.0.1' };

/** Noise of σ 2 at 100 Hz, one reading in fifty a millisecond late. */
function captureFile(stream: number): Buffer {
  const { values } = signals().find(({ name }) => name === 'noise σ 2')!;
  const repeated = Array.from({ length: readings }, (_, index) => values[index % values.length]!);
  const slips = new Map<number, StagedSlip>();
  for (let index = 37; index < readings; index += 50) slips.set(index, { missed: 0, late: 1, duration: 0 });
  const { blocks, ends } = pack('integer', repeated, { boot, stream, period, start: 1000, slips });
  const mapping = { known: true, offset: 1_700_000_000_000 };
  const head = encodeHead({
    part: 'bench',
    boot,
    stream,
    owner: 'part',
    resource: 'rdk:component:board/board',
    method: 'Analogs',
    parameters: { reader_name: 'A1' },
    kind: 'integer',
    period,
    tags: [],
  });
  const records = blocks.map((bytes, sequence) =>
    encodeRecord({ sequence, readings: ends[sequence]!.readings, mapping, bytes }),
  );
  return Buffer.concat([head, ...records]);
}

export async function blockDoorFigure(): Promise<Figure> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const onProblem = (problem: Error) => {
    throw problem;
  };
  const storage = new NodeStorage();
  const inbox = await LogInbox.open({ directory, storage, onProblem });
  const intake = await Intake.open({ inbox, storage, directory, onProblem });
  const door = new BlockDoor({
    intake,
    now: Date.now,
    asJson: () => false,
    admit: () => undefined,
    owe: () => undefined,
  });
  const server = makeServer(access, {});
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  guard(server, { access });
  const none = async () => expectNone();
  takeEntries(server, {
    receive: none,
    receiveAll: none,
    receiveBlocks: (file, sender) => door.receive(file, sender),
  });
  try {
    await server.listen({ host: access.host, port: 0 });
    const { port } = server.server.address() as AddressInfo;
    let best = 0;
    for (let stream = 0; stream < files; stream++) {
      const body = new Uint8Array(captureFile(stream));
      const before = process.cpuUsage();
      const response = await fetch(`http://127.0.0.1:${port}/blocks/bench/main`, { method: 'POST', body });
      const answer = (await response.json()) as { readings: number };
      const { user, system } = process.cpuUsage(before);
      if (answer.readings !== readings) throw new Error(`${answer.readings} of ${readings} readings taken`);
      best = Math.max(best, readings / (user + system));
    }
    return atLeast(
      'block door, checked, durable and acknowledged',
      best,
      'million readings a second of CPU',
      10,
      'over HTTP, sender included; the best of eight files',
    );
  } finally {
    await server.close();
    await intake.close();
    await inbox.close();
    await rm(directory, { recursive: true });
  }
}

function expectNone(): never {
  throw new Error('no message is sent');
}
