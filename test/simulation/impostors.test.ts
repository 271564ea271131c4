/**
 * Whoever answers instead of the gateway or the broker, and whatever: the device names it, tries again as after any
 * failure, never restarts and misses no reading; and finds the right one once it is back.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { answerTo } from '../../host-sim/network/name-server';
import {
  type NameForgery,
  SimulatedNetwork,
  type SimulatedNetworkOptions,
} from '../../host-sim/network/simulated-network';
import { constant } from '../../host-sim/signals';
import { readTruth } from '../../host-sim/truth';
import { link } from '../../proto/link.js';
import { type Authority, issue, makeAuthority, type ServerCertificate } from './certificates';
import {
  answering,
  changingData,
  changingFinished,
  endless,
  garbage,
  type Impostor,
  leaving,
  mute,
  resetting,
  tlsServer,
  unsigned,
  upgrading,
} from './impostors';

const host = 'gateway.home';
const port = 8443;
const pin = 0;
const period = 50;
const hour = 3_600_000;
/** ms that each is tried whose certificate is not what is wrong; `npm run soak -- impostors` has time for an hour. */
const sample = Number(process.env.IMPOSTOR_MINUTES ?? 10) * 60_000;
/** ms of real time. */
const patience = sample < hour ? 120_000 : 600_000 * (sample / hour);
const configuration = JSON.stringify({
  components: [
    {
      name: 'board',
      api: 'rdk:component:board',
      model: 'esp32',
      attributes: { analogs: [{ name: 'A1', pin: String(pin) }] },
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [
              {
                method: 'Analogs',
                capture_frequency_hz: 1_000 / period,
                additional_params: { reader_name: 'A1' },
              },
            ],
          },
        },
      ],
    },
  ],
  services: [{ name: 'data', api: 'rdk:service:data_manager', attributes: {} }],
});

let authority: Authority;
let other: Authority;
const certificates: Record<string, ServerCertificate> = {};

beforeAll(async () => {
  authority = await makeAuthority();
  other = await makeAuthority();
  certificates.right = await issue(authority, host);
  certificates.foreign = await issue(other, host);
  certificates.wrongName = await issue(authority, 'other.home');
  certificates.expired = await issue(authority, host, { notAfter: new Date(Date.UTC(2020, 0)) });
  certificates.early = await issue(authority, host, { notBefore: new Date(Date.UTC(2020, 0)) });
  certificates.alone = await issue(authority, host, { alone: true });
});

let directory: string;
let device: SimulatedDevice | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-impostor-'));
});

afterEach(async () => {
  await device?.close();
  device = undefined;
  rmSync(directory, { recursive: true });
});

interface Scene {
  scheme?: 'wss' | 'ws' | 'mqtts' | 'mqtt';
  listener?: Impostor;
  names?: NameForgery;
  network?: SimulatedNetworkOptions;
  /** The clock stays at 1970. */
  noTime?: boolean;
  /** ms */
  span?: number;
}

/** Some time of it. @returns what the device said of its uplink */
async function survive({
  scheme = 'wss',
  listener,
  names,
  network: options,
  noTime,
  span = sample,
}: Scene): Promise<string[]> {
  const network = new SimulatedNetwork({ latency: 5, ...options });
  const truth = join(directory, 'truth.bin');
  let dialled = 0;
  network.forgeNames(names);
  if (noTime) network.timeServerDown({ from: 0 });
  if (listener)
    network.listen(host, port, (stream) => {
      // Who only looks whether anybody is there says nothing.
      stream.once('data', () => dialled++);
      listener(stream);
    });
  device = await SimulatedDevice.start({
    firmware: root,
    board: 'esp32c3',
    network,
    truth,
    turnLimit: 50_000_000,
    pins: { [pin]: constant(2_000) },
    config: {
      chip: 'esp32c3',
      ssid: 'sim',
      gateway: `${scheme}://${host}:${port}`,
      insecure: true,
      part: 'esp-home',
      secret: 'open sesame',
      app_id: 'home',
      mqtt_user: 'esp',
      mqtt_password: 'hush',
      authority: Buffer.from(authority.certificate.rawData).toString('hex'),
      configuration,
    },
  });
  await device.run(span);
  expect(device.exits).toEqual([]);
  await device.report();
  const { pin: pins, time, length } = readTruth(truth);
  let reads = 0;
  let longest = 0;
  let last = 0;
  for (let index = 0; index < length; index++) {
    if (pins[index] !== pin) continue;
    longest = Math.max(longest, time[index]! - last);
    last = time[index]!;
    reads++;
  }
  expect(reads).toBeGreaterThanOrEqual(span / period - 1);
  // The grid's phase spreads the first.
  expect(longest).toBeLessThan(2 * period);
  // The ordinary wait after a failure, which grows to ten seconds at least; nothing hammers.
  if (listener && !names) {
    expect(dialled).toBeGreaterThanOrEqual(3);
    expect(dialled).toBeLessThanOrEqual(10 + span / 5_000);
  }
  return device.traces.filter((line) => line.includes('uplink: '));
}

const http = 'HTTP/1.1 302 Found\r\nLocation: http://portal.hotel/\r\nContent-Length: 0\r\n\r\n';
const speechless: Impostor = (stream) => stream.resume();
const fatal = (description: number) => Uint8Array.of(21, 3, 3, 0, 2, 2, description);

describe('somebody else answers on a TLS port', () => {
  const cases: [what: string, listener: () => Impostor, reason: string, noTime?: boolean][] = [
    [
      'an impostor with a certificate of its own authority',
      () => tlsServer(certificates.foreign!, speechless),
      'pinned authority',
    ],
    ['a server of another name', () => tlsServer(certificates.wrongName!, speechless), 'pinned authority'],
    [
      'one whose certificate has expired',
      () => tlsServer(certificates.expired!, speechless),
      'not valid at the date',
    ],
    [
      'one whose certificate is of the future, by a clock of 1970',
      () => tlsServer(certificates.early!, speechless),
      'not valid at the date',
      true,
    ],
    [
      'an impostor, by a clock of 1970',
      () => tlsServer(certificates.foreign!, speechless),
      'pinned authority',
      true,
    ],
    ['one that shows no authority', () => tlsServer(certificates.alone!, speechless), 'pinned authority'],
    ['one that signs nothing', () => unsigned(tlsServer(certificates.right!, speechless)), 'not signed'],
    ['an HTTP server', () => leaving('HTTP/1.1 400 Bad Request\r\n\r\n'), 'no TLS server'],
    ['a captive portal', () => leaving(http), 'no TLS server'],
    ['noise', () => garbage(1), ''],
    ['a record of 32 KB', () => answering(Uint8Array.of(22, 3, 3, 0x7f, 0xf8)), 'too long'],
    ['an alert', () => leaving(fatal(40)), 'alert 40'],
    ['an alert that closes', () => answering(Uint8Array.of(21, 3, 3, 0, 2, 1, 0)), 'alert 0'],
    ['a server of SSL 3.0', () => answering(Uint8Array.of(22, 3, 0, 0, 6, 2, 0, 0, 2, 3, 0)), 'cipher'],
    [
      'one that resets in the handshake',
      () => resetting(tlsServer(certificates.right!, speechless), 600),
      'connection failed',
    ],
    [
      'one whose last word of the handshake is changed',
      () => changingFinished(tlsServer(certificates.right!, speechless)),
      'changed on its way',
    ],
    [
      'one whose data is changed',
      () => changingData(tlsServer(certificates.right!, answering('HTTP/1.1 101 Switching Protocols\r\n'))),
      'changed on its way',
    ],
    ['one that is mute', () => mute, 'is silent'],
    [
      'one that takes TLS, and is no gateway',
      () => tlsServer(certificates.right!, leaving(http)),
      'connection failed',
    ],
    ['one that takes TLS and answers without end', () => tlsServer(certificates.right!, endless), 'too long'],
  ];

  test.each(cases)(
    'as gateway: %s',
    async (_, listener, reason, noTime = false) => {
      const span = /authority|date/.test(reason) ? hour : sample;
      const said = await survive({ listener: listener(), noTime, span });
      expect(said.filter((line) => line.includes(reason)).length).toBeGreaterThan(0);
    },
    patience,
  );

  test.each(cases)(
    'as broker: %s',
    async (_, listener, reason, noTime = false) => {
      const said = await survive({ scheme: 'mqtts', listener: listener(), noTime });
      if (!/too long|is silent|connection failed/.test(reason))
        expect(said.filter((line) => line.includes(reason)).length).toBeGreaterThan(0);
    },
    patience,
  );
});

test(
  'the right gateway is found once it is back',
  async () => {
    const asked: string[] = [];
    const right = tlsServer(certificates.right!, (stream) =>
      stream.on('data', (request) => asked.push(String(request))),
    );
    const foreign = tlsServer(certificates.foreign!, speechless);
    let current = foreign;
    await survive({ listener: (stream) => current(stream), span: hour });
    expect(asked).toEqual([]);
    current = right;
    // Hourly at the latest.
    await device!.run(1.1 * hour);
    expect(asked[0]).toMatch(/^GET \/link /);
    expect(device!.exits).toEqual([]);
  },
  patience,
);

const refusal = link.Envelope.encode({ refusal: { code: 'no room', retry: 5_000 } }).finish();
/** A ping and the first byte of a message; the rest comes when the ping has been answered. */
const parted = [Uint8Array.of(0x89, 0, 0x82), Uint8Array.of(refusal.length, ...refusal)];

test.each<[string, Impostor, reason: string]>([
  ['an HTTP server', leaving(http), ''],
  ['an answer without end', endless, 'too long'],
  ['noise', garbage(2), ''],
  ['one who names no reason for its status', answering('HTTP/1.1 101\r\n'), 'connection failed'],
  ['a message of 2³¹ B', upgrading(Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0x80, 0, 0, 0, 1)), 'out of bounds'],
  ['a head of a frame in parts, a write in between', upgrading(...parted), 'refused: no room'],
])(
  'on a port without TLS, as gateway: %s',
  async (_, listener, reason) => {
    const said = await survive({ scheme: 'ws', listener });
    expect(said.filter((line) => line.includes(reason)).length).toBeGreaterThan(0);
  },
  patience,
);

test.each<[string, Impostor]>([
  ['an HTTP server', leaving(http)],
  ['a refusal with a byte behind it', answering(Uint8Array.of(0x20, 2, 0, 5, 0x40))],
  [
    'a message of 64 KB that nobody asked for',
    answering(Uint8Array.of(0x20, 2, 0, 0, 0x30, 0xff, 0xff, 3, 0xff, 0xff)),
  ],
  ['noise', garbage(3)],
])(
  'on a port without TLS, as broker: %s',
  async (_, listener) => {
    await survive({ scheme: 'mqtt', listener });
  },
  patience,
);

const random = Buffer.from(Array.from({ length: 400 }, (_, index) => (index * 73 + 11) & 0xff));
const answer = (query: Uint8Array, ...changes: [at: number, value: number][]): Uint8Array => {
  const bytes = Uint8Array.from(answerTo(query, '10.0.0.1'));
  for (const [at, value] of changes) bytes[at < 0 ? bytes.length + at : at] = value;
  return bytes;
};

test.each<[string, NameForgery]>([
  ['no such name', (query) => [answerTo(query, undefined)]],
  ['nothing', () => []],
  ['the answer twice', (query) => [answer(query), answer(query)]],
  ["somebody else's", (query) => [answer(query, [0, query[0]! ^ 1])]],
  ['a packet of no length', () => [new Uint8Array(0)]],
  ['a head alone', (query) => [answer(query).subarray(0, 12)]],
  ['half an answer', (query) => [answer(query).subarray(0, -7)]],
  ['a name that runs out of the packet', (query) => [answer(query, [12, 63])]],
  ['a name that leads back to itself', (query) => [answer(query, [-15, query.length])]],
  ['an address of no length', (query) => [answer(query, [-5, 0])]],
  ['an IPv6 address', (query) => [answer(query, [-13, 28])]],
  ['a pointer to a name', (query) => [answer(query, [-13, 12])]],
  ['noise', (query) => [Buffer.concat([query.subarray(0, 2), random])]],
  ['an address where nobody is', (query) => [answerTo(query, '0.0.0.0')]],
])(
  'the name server answers %s',
  async (_, names) => {
    await survive({ names, listener: mute });
  },
  patience,
);
