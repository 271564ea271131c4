/**
 * A device that is slow, as a board is: what its JavaScript takes passes in virtual time, and what comes meanwhile
 * waits. Fifteen streams, six of them at 100 Hz, over TLS, a sync every six seconds, an open page, and what an outage has
 * left to catch up with.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StrictDisk } from '../../common/storage/strict-disk';
import { openAuthority } from '../../common/tls/authority';
import { Watch } from '../../gateway/page-api/watch';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise, toggle } from '../../host-sim/signals';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

const part = 'slow';
const secret = 'a secret of the simulation';
const port = 8443;
const minute = 60_000;
const analogs = [0, 1, 2, 3, 4];
const gpios = [5];
const sensors = Array.from({ length: 9 }, (_, index) => `slow-${index}`);
/** What a TLS handshake of the SDK keeps a C3 busy, ms. */
const handshakeStall = 1_200;

export interface Storm {
  /** Million instructions a second. */
  mips: number;
  /** `wss:`, else `ws:`. */
  secure: boolean;
  /** Minutes without a gateway, then with one. */
  outage: number;
  connected: number;
  /** Whether somebody looks at the page while it is connected: so, unless said. */
  page?: boolean;
}

export interface Outcome {
  /** Sessions that the gateway saw. */
  sessions: number;
  /** Why sessions ended, as the device tells. */
  ends: string[];
  exits: string[];
  /** ms from the session's beginning until nothing of the outage was left. */
  caughtUp: number | undefined;
  /** Readings that are durable on the gateway, and those that the device captured, missed and lost. */
  received: number;
  captured: number;
  missed: number;
  lost: number;
  /** Of each stream that lost any: what it is, and how many bytes a reading took of its quota. */
  losses: string[];
  /** Messages that waited on the device or on their way to it at most. */
  mostUnderWay: number;
  /** Answers that the page got. */
  answers: number;
}

interface StreamReport {
  resource: string;
  bytes: number;
  quota: number;
  captured: number;
  stored: number;
  missed: number;
  overwritten: number;
  discarded: number;
}

function configuration(): string {
  const capture = (method: string, hz: number, parameters: Record<string, string>, kilobytes: number) => ({
    method,
    capture_frequency_hz: hz,
    cache_size_kb: kilobytes,
    additional_params: parameters,
  });
  const services = (list: object[]) => [{ type: 'data_manager', attributes: { capture_methods: list } }];
  const board = {
    name: 'board',
    api: 'rdk:component:board',
    model: 'esp32',
    attributes: { analogs: analogs.map((pin) => ({ name: `P${pin}`, pin: String(pin) })), pins: gpios },
    service_configs: services([
      ...analogs.map((pin) => capture('Analogs', 100, { reader_name: `P${pin}` }, 250)),
      ...gpios.map((pin) => capture('Gpios', 100, { pin_name: String(pin) }, 250)),
    ]),
  };
  const slow = sensors.map((name) => ({
    name,
    api: 'rdk:component:sensor',
    model: 'fake',
    attributes: { fake_value: 21.5 },
    service_configs: services([capture('Readings', 0.2, {}, 20)]),
  }));
  const data = { name: 'data', api: 'rdk:service:data_manager', attributes: { sync_interval_mins: 0.1 } };
  return JSON.stringify({ components: [board, ...slow], services: [data] });
}

export async function runStorm({ mips, secure, outage, connected, page = true }: Storm): Promise<Outcome> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork({ seed: 1, latency: 15, jitter: 10, handshakeStall });
  const directory = await mkdtemp(join(tmpdir(), 'sluice-slow-'));
  const { authority, certificate, key } = await openAuthority(directory);
  await rm(directory, { recursive: true });
  const gateway = new SimulatedGateway({
    clock,
    network,
    disk: new StrictDisk(),
    secrets: { [part]: secret },
    configurations: new Map(),
    random: new Random(1).next,
    port,
    ...(secure ? { tls: { certificate, key } } : {}),
    // An SSD: an acknowledgement for nearly each block.
    syncTime: () => [0.5, 2],
  });
  const device = await SimulatedDevice.start({
    firmware: root,
    // In the memory that a C3 has.
    board: 'esp32c3',
    clock,
    network,
    seed: 1,
    mips,
    flash: { timing: 'worst', partitions: { capture: 2 << 20 } },
    pins: {
      ...Object.fromEntries(analogs.map((pin) => [pin, [constant(2_000), noise(2, pin)]])),
      ...Object.fromEntries(gpios.map((pin) => [pin, toggle(1_000)])),
    },
    config: {
      ssid: 'sim',
      gateway: `${secure ? 'wss' : 'ws'}://localhost:${port}`,
      authority: Buffer.from(authority.der).toString('hex'),
      part,
      chip: 'esp32c3',
      secret,
      configuration: configuration(),
    },
    reboots: 'manual',
  });
  try {
    await clock.run(outage * minute);
    await gateway.start();
    // WiFi goes and comes: the device dials at once, and waits for no backoff.
    network.accessPointDown('sim', { from: clock.now() + 1, until: clock.now() + 10_000 });
    let answers = 0;
    const watch = new Watch({
      connected: () => gateway.server.connected.map((session) => ({ part: session.part, boot: '' })),
      call: (name, request) => gateway.server.call(name, request),
      answered: () => {
        answers++;
      },
      flash: () => undefined,
      clock: {
        now: () => clock.now(),
        wall: () => clock.now(),
        after: (delay, action) => clock.at(clock.now() + delay, action),
      },
    });
    let gone = page ? watch.begin() : undefined;
    const begun = clock.now();
    let caughtUp: number | undefined;
    let streams: StreamReport[] = [];
    for (let passed = 0; passed < connected * minute; passed += 1_000) {
      await clock.run(1_000);
      streams = (watch.latest(part)?.status.streams ?? []) as unknown as StreamReport[];
      const stored = streams.reduce((sum, of) => sum + of.stored, 0);
      // Less than two syncs' worth.
      if (caughtUp === undefined && streams.length > 0 && stored < 2 * 6 * 600)
        caughtUp = clock.now() - begun;
    }
    if (gone === undefined) {
      gone = watch.begin();
      await clock.run(2_000);
      streams = (watch.latest(part)?.status.streams ?? []) as unknown as StreamReport[];
    }
    gone();
    const sum = (of: (stream: StreamReport) => number) =>
      streams.reduce((total, each) => total + of(each), 0);
    const received = gateway.directory.account().reduce((sum, of) => sum + of.received.readings, 0);
    return {
      sessions: gateway.server.counters.sessions,
      ends: device.traces.filter((line) => line.includes('uplink: ')),
      exits: device.exits.map(({ reason, detail }) => `${reason}: ${detail}`),
      caughtUp,
      received,
      captured: sum((of) => of.captured),
      missed: sum((of) => of.missed),
      lost: sum((of) => of.overwritten + of.discarded),
      losses: streams
        .filter((of) => of.overwritten + of.discarded > 0)
        .map((of) => `${of.resource} lost ${of.overwritten} + ${of.discarded} of ${of.captured}`),
      mostUnderWay: gateway.mostUnderWay,
      answers,
    };
  } finally {
    await device.close();
  }
}
