/** A real Mosquitto with user, password and TLS, that can be killed and started again, and a subscriber beside it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { openAuthority } from '../../common/tls/authority';
import { until } from '../running';

export const mosquittoMissing =
  spawnSync('mosquitto', ['-h']).error !== undefined || spawnSync('mosquitto_passwd').error !== undefined;

export const user = 'esp';
export const password = 'open sesame';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export class Mosquitto {
  #child: ChildProcess | undefined;
  readonly #configuration: string;

  private constructor(
    configuration: string,
    readonly port: number,
    readonly securePort: number,
    /** DER in hexadecimal. */
    readonly authority: string,
  ) {
    this.#configuration = configuration;
  }

  /** @param root a directory of its own */
  static async start(root: string): Promise<Mosquitto> {
    const identity = await openAuthority(join(root, 'tls'));
    const [port, securePort] = [await freePort(), await freePort()];
    const file = (name: string) => join(root, name);
    await fs.writeFile(file('certificate.pem'), identity.certificate);
    await fs.writeFile(file('key.pem'), identity.key);
    execFileSync('mosquitto_passwd', ['-b', '-c', file('passwords'), user, password]);
    const lines = [
      'user root',
      'set_tcp_nodelay true',
      'allow_anonymous false',
      `password_file ${file('passwords')}`,
      // What it acknowledges it has then written to the subscriber too: a kill takes nothing with it.
      'max_inflight_messages 0',
      'max_queued_messages 0',
      `listener ${port} 127.0.0.1`,
      `listener ${securePort} 127.0.0.1`,
      `certfile ${file('certificate.pem')}`,
      `keyfile ${file('key.pem')}`,
    ];
    await fs.writeFile(file('mosquitto.conf'), `${lines.join('\n')}\n`);
    const broker = new Mosquitto(
      file('mosquitto.conf'),
      port,
      securePort,
      Buffer.from(identity.authority.der).toString('hex'),
    );
    await broker.run();
    return broker;
  }

  async run(): Promise<void> {
    this.#child = spawn('mosquitto', ['-c', this.#configuration], { stdio: 'ignore' });
    await until(() => isListening(this.port), 10_000, 'mosquitto listens');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Takes every message of the pipeline until the returned function is called; connects again by itself. */
  async subscribe(take: (topic: string, text: string) => void): Promise<() => Promise<void>> {
    const client = mqtt.connect({
      host: '127.0.0.1',
      port: this.port,
      username: user,
      password,
      reconnectPeriod: 100,
    });
    client.on('error', () => undefined);
    client.on('message', (topic, payload) => take(topic, payload.toString()));
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    // A PUBACK to a broker that was killed would be answered by a reset, which throws away what has not been read yet.
    await client.subscribeAsync('pipeline/#', { qos: 0 });
    return () => client.endAsync(true);
  }
}
