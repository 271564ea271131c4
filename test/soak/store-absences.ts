/**
 * Each server that a platform stands on away for a while, at 100 Hz through HTTP and Mosquitto: every door that can goes on
 * acknowledging, the stores that are there are up to date meanwhile, and the one that was away has everything afterwards.
 * Each is killed. Mosquitto is when it has nothing that it has acknowledged and not handed on: of that it keeps, by its own
 * design, what it has last saved.
 */
import { connectAsync } from 'mqtt';
import { messageDevice, sumOf } from '../servers/device-data';
import { missingServers, Platform, type ServerName, until, untilFound } from '../servers/platform';
import { Sender } from '../servers/sender';
import type { SoakTask } from './task';

/** Milliseconds for a store to have what it has missed; a stage tries at most every 30 s. */
const patience = 120_000;
/** MinIO first: it is away already when the night's copies are to be caught up. */
const order: readonly ServerName[] = ['minio', 'mosquitto', 'influxdb', 'mongodb'];
/** The stage that a server is behind; the others are no stage's. */
const stageOf: Partial<Record<ServerName, string>> = { influxdb: 'influxdb', mongodb: 'mongodb' };

/** Resolves when every stage but the one whose store is away has all. @throws when one fails */
async function othersHaveAll(platform: Platform, away: ServerName): Promise<void> {
  await until(`the other stores have all while ${away} is away`, patience, async () => {
    const others = (await platform.stages()).filter(({ name }) => name !== stageOf[away]);
    for (const { name, state, error } of others)
      if (state !== 'running') throw new Error(`without ${away}, ${name} is ${state}: ${error}`);
    return others.every(({ behind }) => behind.arrivals === 0);
  });
}

async function allHave(platform: Platform, sent: number): Promise<void> {
  const { name, field } = messageDevice;
  const wanted = JSON.stringify([{ count: sent, sum: sumOf(sent) }, sent, { count: sent, sum: sumOf(sent) }]);
  const find = async () =>
    JSON.stringify([
      await platform.inInfluxDb(name, field).catch(String),
      await platform.inMongoDb().catch(String),
      await platform.inTimeSeries(name).catch(String),
    ]);
  // It may take what it takes on a slow machine, as long as it goes on.
  await untilFound('all stores have all', patience, wanted, find);
}

/** Without a server for so many seconds. Resolves to what it was like, for people. */
async function without(
  away: ServerName,
  seconds: number,
  platform: Platform,
  sender: Sender,
): Promise<string> {
  // What a broker has acknowledged and not handed on is its own to keep.
  await sender.published();
  await allHave(platform, sender.sent);
  sender.slowest = 0;
  await platform.servers[away].kill();
  await sender.send(seconds);
  await othersHaveAll(platform, away);
  const stage = (await platform.stages()).find(({ name }) => name === stageOf[away]);
  if (stage !== undefined && (stage.state !== 'failing' || stage.behind.arrivals === 0))
    throw new Error(`${away} is away, and its stage is ${stage.state}, ${stage.behind.arrivals} behind`);
  const job = await platform.runJob('copy').catch((error: Error) => error);
  if (away === 'minio' && !(job instanceof Error)) throw new Error(`copied without MinIO: ${job}`);
  const lag = stage ? `, ${stage.behind.arrivals} arrivals behind` : '';
  await platform.servers[away].restart();
  const back = Date.now();
  await sender.published();
  await allHave(platform, sender.sent);
  await platform.runJob('copy');
  const after = ((Date.now() - back) / 1_000).toFixed(1);
  return `${away}: slowest POST ${sender.slowest.toFixed(0)} ms${lag}, all there ${after} s after its return`;
}

export const task: SoakTask = {
  description: 'while one of Mosquitto, InfluxDB, MinIO, MongoDB is away no other notices, and it catches up',
  unit: 'seconds that each is away',
  sample: 5,
  full: 600,
  async run(seconds) {
    const missing = missingServers();
    if (missing.length > 0) return `skipped: ${missing.join(', ')}: see test/servers/README.md`;
    const platform = await Platform.open(1);
    const client = await connectAsync(platform.broker);
    try {
      const sender = new Sender(platform, client);
      // A day that is over, so that there is something to be copied; it is caught up by itself as soon as it can.
      await platform.startCloud(1);
      await sender.send(1);
      await sender.published();
      await allHave(platform, sender.sent);
      const firstDay = sender.sent;
      await platform.killCloud();
      await platform.servers.minio.kill();
      await platform.startCloud();
      const lines: string[] = [];
      for (const away of order) lines.push(await without(away, seconds, platform, sender));
      const { lines: copied } = await platform.inMinio(messageDevice.name);
      if (copied.length !== firstDay) throw new Error(`${copied.length} of ${firstDay} lines are in MinIO`);
      return `${sender.sent} messages, each once in every store\n  ${lines.join('\n  ')}`;
    } finally {
      await client.endAsync(true);
      await platform.close();
    }
  },
};
