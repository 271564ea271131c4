/**
 * Real servers as processes, for tests of what speaks with them. They listen on loopback, keep everything below one
 * directory, and are gone with the test.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

export interface Server {
  port: number;
  /** Kills it as a crash does; what it keeps stays. */
  kill(): Promise<void>;
  /** Starts it again after a kill, on the same port, with what it kept. */
  restart(): Promise<void>;
  /** Ends it, and removes what it kept. */
  close(): Promise<void>;
}

/** Where servers lie that no Debian package has: README.md says how they get there. */
const built = process.env.SLUICE_SERVERS ?? join(homedir(), '.cache', 'sluice', 'servers');
/** Milliseconds for a server to answer. */
const patience = 60_000;

/** Whether there is none of it here; in CI every one must be there, so that its absence fails. */
export function isMissing(program: 'mosquitto' | 'influxd' | 'minio' | 'ferretdb'): boolean {
  if (process.env.CI) return false;
  return pathOf(program) === undefined;
}

export const minioKeys = { accessKeyId: 'sluice-tests', secretAccessKey: 'a key of tests' };

export function startMinio(): Promise<Server> {
  return startServer({
    command: (port, directory) => [
      required('minio'),
      ['server', '--quiet', '--address', `127.0.0.1:${port}`, directory],
    ],
    environment: { MINIO_ROOT_USER: minioKeys.accessKeyId, MINIO_ROOT_PASSWORD: minioKeys.secretAccessKey },
    ready: (port) => answers(`http://127.0.0.1:${port}/minio/health/live`),
  });
}

/** InfluxDB 1.x. */
export function startInfluxDb(): Promise<Server> {
  return startServer({
    prepare: async (port, directory) => {
      const other = await freePort();
      const quoted = (name: string) => JSON.stringify(join(directory, name));
      const configuration = [
        'reporting-disabled = true',
        `bind-address = "127.0.0.1:${other}"`,
        `[meta]\n  dir = ${quoted('meta')}`,
        `[data]\n  dir = ${quoted('data')}\n  wal-dir = ${quoted('wal')}`,
        `[http]\n  bind-address = "127.0.0.1:${port}"\n  log-enabled = false`,
      ];
      await writeFile(join(directory, 'influxdb.conf'), configuration.join('\n'));
    },
    command: (_port, directory) => [required('influxd'), ['-config', join(directory, 'influxdb.conf')]],
    ready: (port) => answers(`http://127.0.0.1:${port}/ping`),
  });
}

/** A server of MongoDB's wire protocol. */
export function startFerretDb(): Promise<Server> {
  return startServer({
    command: (port, directory) => [required('ferretdb'), [`127.0.0.1:${port}`, directory]],
    ready: listens,
  });
}

export function startMosquitto(settings: readonly string[] = []): Promise<Server> {
  return startServer({
    prepare: (port, directory) =>
      writeFile(
        join(directory, 'mosquitto.conf'),
        [`listener ${port} 127.0.0.1`, 'allow_anonymous true', ...settings].join('\n'),
      ),
    command: (_port, directory) => [required('mosquitto'), ['-c', join(directory, 'mosquitto.conf')]],
    ready: listens,
  });
}

/**
 * Settings with which Mosquitto has sessions and their subscriptions again after it was killed, and what was queued for them
 * as it was when it last saved. @param interval seconds between those times; it writes all that it keeps, and syncs it,
 * before it does anything else
 */
export function thatKeeps(directory: string, interval = 1): string[] {
  return [
    // Started by root it becomes a user who may not write there.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'persistence true',
    `persistence_location ${directory}/`,
    `autosave_interval ${interval}`,
  ];
}

interface Program {
  prepare?(port: number, directory: string): Promise<void>;
  command(port: number, directory: string): [program: string, parameters: string[]];
  environment?: Record<string, string>;
  ready(port: number): Promise<boolean>;
}

async function startServer({ prepare, command, environment, ready }: Program): Promise<Server> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-server-'));
  const port = await freePort();
  await prepare?.(port, directory);
  let child: ChildProcess;
  const restart = async () => {
    const [program, parameters] = command(port, directory);
    child = spawn(program, parameters, { env: { ...process.env, ...environment }, stdio: 'ignore' });
    const end = Date.now() + patience;
    while (!(await ready(port))) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
      if (Date.now() > end) throw new Error(`${program} does not answer`);
      await delay(50);
    }
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  await restart();
  return {
    port,
    kill,
    restart,
    close: async () => {
      await kill();
      await rm(directory, { recursive: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function required(program: string): string {
  const path = pathOf(program);
  if (path === undefined) throw new Error(`${program} is not on this machine: see test/servers/README.md`);
  return path;
}

function pathOf(program: string): string | undefined {
  const here = join(built, program);
  if (existsSync(here)) return here;
  const { status, stdout } = spawnSync('sh', [
    '-c',
    `command -v ${program} || command -v /usr/sbin/${program}`,
  ]);
  return status === 0 ? stdout.toString().trim() : undefined;
}

async function answers(address: string): Promise<boolean> {
  try {
    return (await fetch(address)).ok;
  } catch {
    return false;
  }
}

async function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
