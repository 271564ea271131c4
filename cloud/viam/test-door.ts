/** Viam's door of a cloud with one machine and users of every role, and clients that play machines at it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceType } from '@bufbuild/protobuf';
import { createPromiseClient, type Interceptor } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { type Role, UserList, Users } from '@sluice/common/access';
import { AuthService, DataSyncService } from '@sluice/common/viam/messages';
import { pino } from 'pino';
import { Cloud } from '../cloud';
import type { CloudOptions } from '../options';
import { MachineList } from './machines/machine-list';
import { appRobotService } from './robot-service';

/** Messages of these services are known at run time only. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Client = any;

export interface Credentials {
  entity: string;
  type: 'api-key' | 'robot-secret';
  payload: string;
}

export class TestDoor {
  readonly log: Record<string, unknown>[] = [];
  readonly machines: MachineList;
  readonly users: UserList;
  cloud!: Cloud;

  private constructor(readonly directory: string) {
    this.machines = new MachineList(join(directory, 'machines.json'));
    this.users = new UserList(join(directory, 'users.json'));
  }

  static async make(): Promise<TestDoor> {
    return new TestDoor(await mkdtemp(join(tmpdir(), 'sluice-viam-door-')));
  }

  async start(options: Partial<CloudOptions> = {}): Promise<void> {
    const { directory } = this;
    this.cloud = await Cloud.start({
      directory: join(directory, 'cloud'),
      httpPort: 0,
      mqttPort: 0,
      viam: { port: 0, machines: this.machines.path, authority: join(directory, 'authority') },
      log: pino({ level: 'debug' }, { write: (line: string) => void this.log.push(JSON.parse(line)) }),
      reserve: 0,
      access: {
        host: '127.0.0.1',
        users: new Users({ path: this.users.path, onProblem: () => undefined }),
      },
      ...options,
    });
  }

  /** As a machine's `app_address`. */
  get address(): string {
    return `http://127.0.0.1:${this.cloud.viamPort}`;
  }

  async close(): Promise<void> {
    await this.cloud.close();
    await rm(this.directory, { recursive: true });
  }

  /** A user with an API key. */
  async addUser(name: string, role: Role, projects = ['lab']): Promise<Credentials> {
    return { entity: name, type: 'api-key', payload: await this.users.add(name, role, projects) };
  }

  /** A machine with its secret. */
  async addMachine(id: string, configuration?: object, project = 'lab'): Promise<Credentials> {
    const text = configuration && JSON.stringify(configuration);
    return { entity: id, type: 'robot-secret', payload: await this.machines.add(id, project, text) };
  }

  /** By gRPC in plain text, as a viam-server and a micro-rdk dial. */
  client(service: ServiceType, token?: string): Client {
    const shown: Interceptor = (next) => (request) => {
      if (token !== undefined) request.header.set('authorization', `Bearer ${token}`);
      return next(request);
    };
    return createPromiseClient(
      service,
      createGrpcTransport({ baseUrl: this.address, httpVersion: '2', interceptors: [shown] }),
    );
  }

  async authenticate({ entity, type, payload }: Credentials): Promise<string> {
    const answer = await this.client(AuthService).authenticate({ entity, credentials: { type, payload } });
    return answer.accessToken;
  }

  async robot(credentials: Credentials): Promise<Client> {
    return this.client(appRobotService, await this.authenticate(credentials));
  }

  async dataSync(credentials: Credentials): Promise<Client> {
    return this.client(DataSyncService, await this.authenticate(credentials));
  }

  /** What the time series has of a device, oldest first. */
  async rows(device: string, key: string): Promise<{ stream: string; time: number; value: unknown }[]> {
    await this.cloud.caughtUp(10_000);
    const url = `http://127.0.0.1:${this.cloud.httpPort}/query?part=${device}&from=0`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as never;
  }
}
