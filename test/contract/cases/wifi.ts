/** WiFi, name resolution, time server, identity. Leaves the station connected. */

import TCP from 'embedded:io/socket/tcp';
import UDP from 'embedded:io/socket/udp';
import Resolver from 'embedded:network/dns/resolver/udp';
import WiFi from 'embedded:network/interface/wifi';
import config from 'mc/config';
// biome-ignore lint/style/useNodejsImportProtocol: Moddable's module, not Node's
import Net from 'net';
import SNTP from 'sntp';
import { type Case, check, equal, pause, throws, within } from './harness';

const credentials = Object.freeze({ SSID: config.ssid as string, password: config.password as string });
const resolverOptions = Object.freeze({ servers: ['1.1.1.1'], socket: { io: UDP } }, true);

/** Waits until `wifi` says `connection`. */
function reaches(wifi: WiFi, wanted: number, changes: string[]): Promise<void> {
  return within<void>(20_000, `connection ${wanted}`, (resolve) => {
    const look = () => {
      if (wifi.connection === wanted) resolve();
      else pause(20).then(look);
    };
    look();
  }).catch((error: Error) => {
    throw new Error(`${error.message}; changes: ${changes.join()}`);
  });
}

function resolved(host: string): Promise<string> {
  return within<string>(30_000, host, (resolve) => {
    new Resolver(resolverOptions).resolve({
      host,
      onResolved: (_host, address) => resolve(address),
      onError: () => resolve('none'),
    });
  });
}

const beforeConnection: Case[] = [
  {
    name: 'net: knows neither MAC nor network before the radio has been started',
    run() {
      equal(Net.get('MAC'), undefined, 'MAC');
      equal(Net.get('SSID'), undefined, 'SSID');
      equal(Net.get('IP'), undefined, 'IP');
    },
  },
  {
    name: 'wifi: begins disconnected, with a MAC of lower-case pairs and no network',
    run() {
      const wifi = new WiFi({});
      equal(wifi.connection, 200, 'connection');
      check(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(wifi.MAC ?? ''), `MAC ${wifi.MAC}`);
      equal(wifi.SSID, undefined, 'SSID');
      equal(wifi.RSSI, undefined, 'RSSI');
      equal(wifi.address, undefined, 'address');
      wifi.close();
      wifi.close();
      throws(() => wifi.connection, 'connection after close');
    },
  },
  {
    name: 'tcp: without a network connecting fails in silence, also once there is one',
    async run() {
      const told: string[] = [];
      const socket = new TCP({
        address: '10.1.2.3',
        port: 9,
        onWritable: () => told.push('onWritable'),
        onError: () => told.push('onError'),
      });
      throws(() => socket.write(Uint8Array.of(1)), 'a write');
      const wifi = new WiFi({});
      wifi.connect(credentials);
      await reaches(wifi, 500, told);
      // A refusal would be here at once, and a SYN is sent again within 3 s.
      await pause(5_000);
      equal(told.join(), '', 'callbacks');
      socket.close();
      wifi.disconnect();
      await pause(500);
      wifi.close();
    },
  },
  {
    name: 'wifi: a scan finds the access point with its strength; a second one meanwhile is refused',
    async run() {
      const wifi = new WiFi({});
      throws(() => wifi.scan({} as never), 'without onFound');
      const found = await within<number>(15_000, 'scan', (resolve) => {
        let strength = 0;
        wifi.scan({
          onFound: ({ SSID, RSSI, channel }) => {
            if (SSID === credentials.SSID && channel >= 1) strength = RSSI;
          },
          onComplete: () => resolve(strength),
        });
        throws(() => wifi.scan({ onFound: () => undefined }), 'a second scan');
      });
      check(found < 0, `RSSI ${found}`);
      wifi.close();
    },
  },
  {
    name: 'wifi: closing ends a scan, of which nothing more comes, and another may begin',
    async run() {
      let late = 0;
      const wifi = new WiFi({});
      wifi.scan({ onFound: () => late++, onComplete: () => late++ });
      await pause(100);
      wifi.close();
      const other = new WiFi({});
      await within<void>(15_000, 'scan', (resolve) => {
        other.scan({ onFound: () => undefined, onComplete: () => resolve() });
      });
      other.close();
      equal(late, 0, 'callbacks of the closed');
    },
  },
  {
    name: 'wifi: a wrong password leads back to disconnected',
    async run() {
      const changes: string[] = [];
      const wifi = new WiFi({
        onChanged(property) {
          changes.push(`${property} ${this.connection}`);
        },
      });
      throws(() => wifi.connect({} as never), 'without SSID');
      wifi.connect({ SSID: credentials.SSID, password: `${credentials.password}x` });
      equal(wifi.connection, 300, 'connection while connecting');
      throws(() => wifi.connect(credentials), 'a second connect');
      await reaches(wifi, 200, changes);
      wifi.disconnect();
      await pause(500);
      wifi.close();
    },
  },
  {
    name: 'wifi: connects, tells each instance by itself, and disconnects in silence',
    async run() {
      const changes: string[] = [];
      const other = new WiFi({});
      const wifi = new WiFi({
        onChanged(property) {
          changes.push(`${property} ${this.connection}`);
        },
      });
      wifi.connect(credentials);
      equal(other.connection, 200, 'the other while connecting');
      await reaches(wifi, 500, changes);
      check(changes.includes('connection 500') && changes.includes('address 500'), changes.join());
      equal(other.connection, 500, 'the other');
      equal(wifi.SSID, credentials.SSID, 'SSID');
      check(wifi.RSSI! < 0, `RSSI ${wifi.RSSI}`);
      check(wifi.address!.split('.').length === 4, `address ${wifi.address}`);
      changes.length = 0;
      wifi.disconnect();
      equal(wifi.connection, 200, 'after disconnect');
      await pause(1_000);
      equal(changes.join(), '', 'changes after disconnect');
      equal(other.connection, 200, 'the other after disconnect');
      wifi.connect(credentials);
      await reaches(wifi, 500, changes);
      wifi.close();
      equal(other.connection, 500, 'after close of the first');
      other.close();
    },
  },
];

const connected: Case[] = [
  {
    name: 'net: the MAC in upper case, and what the station knows',
    run() {
      const wifi = new WiFi({});
      equal(Net.get('MAC'), wifi.MAC!.toUpperCase(), 'MAC');
      equal(Net.get('SSID'), wifi.SSID, 'SSID');
      equal(Net.get('IP'), wifi.address, 'IP');
      check(Net.get('DNS').length > 0, 'no DNS servers');
      wifi.close();
    },
  },
  {
    name: 'resolver: addresses and localhost resolve by themselves, what is no name does not',
    async run() {
      equal(await resolved('10.1.2.3'), '10.1.2.3', 'an address');
      equal(await resolved('localhost'), '127.0.0.1', 'localhost');
      equal(await resolved('no-such-host.invalid'), 'none', 'no name');
      const resolver = new Resolver(resolverOptions);
      resolver.close();
      throws(() => resolver.resolve({ host: 'x.y', onError: () => undefined }), 'after close');
    },
  },
  {
    name: 'sntp: gives Unix time in whole seconds',
    async run() {
      const seconds = await within<number>(30_000, 'time', (resolve, reject) => {
        new SNTP({ host: config.timeServer as string }, (message, value) => {
          if (message === SNTP.time) resolve(value as number);
          if (message === SNTP.error) reject(new Error(String(value)));
          return undefined;
        });
      });
      check(Number.isInteger(seconds) && seconds > 1_700_000_000, `${seconds}`);
    },
  },
  {
    name: 'sntp: says what went wrong, and tries the host that the callback names',
    async run() {
      const hosts: string[] = [];
      await within<void>(45_000, 'second host', (resolve) => {
        new SNTP({ host: 'no-such-host.invalid' }, (message, value) => {
          if (message === SNTP.error) {
            hosts.push(String(value));
            return hosts.length === 1 ? (config.timeServer as string) : undefined;
          }
          if (message === SNTP.time) resolve();
          return undefined;
        });
      });
      equal(hosts.length, 1, 'errors');
    },
  },
];

export const offline = Object.freeze(beforeConnection, true);
export const online = Object.freeze(connected, true);
