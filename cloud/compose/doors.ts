/** The doors of a cloud, in the order in which they are opened. Each of them hands in to the reception. */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Access, Audit } from '@sluice/common/access';
import { Bodies, renewServer } from '@sluice/common/http';
import type { Lifecycle } from '@sluice/common/lifecycle';
import type { Storage } from '@sluice/common/storage';
import { certificateFor } from '@sluice/common/tls';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../../proto/loopback';
import { BrokerDoor } from '../doors/broker';
import { FileDoor } from '../doors/files';
import { type HttpDoorOptions, openHttpDoor } from '../doors/http';
import type { Incoming } from '../doors/messages';
import { MqttDoor } from '../doors/mqtt';
import { MqttSessions } from '../doors/mqtt-sessions';
import type { Keeper } from '../keeper';
import type { CloudOptions, ViamOptions } from '../options';
import { Questions } from '../query/questions';
import type { Reception } from '../reception';
import type { Reserves } from '../reserves';
import type { SeldomLog } from '../seldom-log';
import type { ObjectStore } from '../stores/objects/object-store';
import { dataService } from '../viam/data';
import { Removal } from '../viam/data/removal';
import { ViamDoor } from '../viam/door';
import { Machines } from '../viam/machines/machines';
import type { Stages } from './stages';

export interface DoorsOptions {
  cloud: CloudOptions;
  /** What an operator may see and ask. */
  operated: HttpDoorOptions['cloud'];
  reception: Reception;
  keeper: Keeper;
  stages: Stages;
  objects: ObjectStore;
  storage: Storage;
  lifecycle: Lifecycle;
  log: SeldomLog;
  now(): number;
  reserves: Reserves;
}

type Audited = (refusal: object) => void;

/** Milliseconds that a question waits for what was acknowledged before it. */
const questionPatience = 1_000;

/** Bytes of requests to the HTTP doors that are coming in or being answered, and those that each may have. */
const bodyBytes = { most: 64 << 20, share: 16_384 };

/** Of a door on loopback, for this machine's own programs: users as everywhere, in plain text. */
const insideOf = ({ users }: Access) => (users ? { users } : {});

export class Doors {
  readonly #options: DoorsOptions;
  readonly #access: Access;
  #mqtt!: MqttDoor;
  #viam: ViamDoor | undefined;
  #broker: BrokerDoor | undefined;
  #http!: FastifyInstance;
  /** For programs on this machine, where the door for others is not on loopback. */
  #inner!: FastifyInstance;

  private constructor(options: DoorsOptions) {
    this.#options = options;
    this.#access = options.cloud.access ?? { host: '127.0.0.1' };
  }

  static async open(options: DoorsOptions): Promise<Doors> {
    const doors = new Doors(options);
    const { cloud, log, lifecycle, stages, reserves, now } = options;
    const audit = new Audit((refusal: object, unsaid) =>
      cloud.log.warn({ ...refusal, unsaid }, 'a door refused'),
    ).note;
    await doors.#openMqtt(audit);
    await doors.#openBroker();
    const { timeSeries } = stages;
    const questions = await lifecycle.start('the questions', () =>
      Questions.open({
        timeSeries,
        directory: join(cloud.directory, 'state', 'questions'),
        withRoom: (work) => reserves.questions.lend(work),
        now,
        onProblem: (problem) => log.write('error', { error: problem.message }, 'questions have a problem'),
      }),
    );
    if (cloud.viam !== undefined) await doors.#openViam(cloud.viam, questions, audit);
    await doors.#openHttp(questions, audit);
    return doors;
  }

  get mqtt(): MqttDoor {
    return this.#mqtt;
  }

  get httpPort(): number {
    return (this.#http.server.address() as AddressInfo).port;
  }

  /** undefined: there is no such door. */
  get viamPort(): number | undefined {
    return this.#viam?.port;
  }

  /** Whether the connection to a broker of its own stands; undefined: there is none. */
  get isBrokerConnected(): boolean | undefined {
    return this.#broker?.isConnected;
  }

  /** Where programs of this machine find the HTTP door. */
  get innerAddress(): string {
    const { port } = this.#inner.server.address() as AddressInfo;
    return `${this.#access.tls && this.#inner === this.#http ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  /** Another certificate for what connects from now on. */
  renew(tls: NonNullable<Access['tls']>): void {
    renewServer(this.#http, tls);
    this.#mqtt.renew(tls);
    this.#viam?.renew(tls);
  }

  async #openMqtt(audit: Audited): Promise<void> {
    const { cloud, operated, reception, storage, lifecycle } = this.#options;
    const sessions = await MqttSessions.open({
      storage,
      path: join(cloud.directory, 'state', 'mqtt-sessions.json'),
      onProblem: (problem) => cloud.log.error({ error: problem.message }, 'the MQTT door has a problem'),
    });
    const receive = async (messages: readonly Incoming[]) =>
      void (await reception.receiveAll(messages, undefined, 'mqtt'));
    const passed = (appId: string, bytes: number) => operated.traffic.note('topics', appId, bytes);
    this.#mqtt = await lifecycle.start('the MQTT door', () =>
      MqttDoor.open({ ...this.#access, port: cloud.mqttPort, sessions, receive, passed, audit }),
    );
  }

  async #openBroker(): Promise<void> {
    const { cloud, reception, lifecycle, log } = this.#options;
    const { broker } = cloud;
    if (broker === undefined) return;
    this.#broker = await lifecycle.start('the broker’s door', () =>
      BrokerDoor.open({
        ...broker,
        receive: async (payload, topic) =>
          void (await reception.receive(payload, topic, undefined, 'broker')),
        onProblem: (problem) => log.write('error', { error: problem.message }, 'the broker has a problem'),
      }),
    );
  }

  async #openViam(
    { port, machines: path, authority }: ViamOptions,
    questions: Questions,
    audit: Audited,
  ): Promise<void> {
    const { cloud, operated, reception, keeper, stages, objects, storage, reserves, lifecycle, log, now } =
      this.#options;
    const { timeSeries } = stages;
    const removal = new Removal({ timeSeries, storage, directory: join(cloud.directory, 'data'), now });
    const data = dataService({
      questions,
      objects,
      deletion: {
        removeReadings: (captures, before) =>
          reserves.upkeep.lend(() => removal.removeReadings(captures, before)),
      },
      caughtUp: () => stages.caughtUp(questionPatience),
      now,
      onProblem: (problem) =>
        log.write('error', { error: problem.message }, 'Viam’s data service has a problem'),
    });
    const onProblem = (problem: Error) =>
      log.write('error', { error: problem.message }, 'the machines have a problem');
    this.#viam = await lifecycle.start('Viam’s door', () =>
      ViamDoor.open({
        port,
        access: this.#access,
        machines: new Machines({ path, onProblem }),
        objects,
        services: [data],
        admit: (bytes) => keeper.admit(bytes),
        came: (appId, bytes) => operated.traffic.note('viam', appId, bytes),
        receiveTogether: (lines, sender) => reception.receiveTogether(lines, sender),
        audit,
        log: cloud.log,
        now,
        ...(authority !== undefined && { certificate: (host) => certificateFor(authority, host) }),
      }),
    );
  }

  async #openHttp(questions: Questions, audit: Audited): Promise<void> {
    const { cloud, operated, reception, keeper, stages, objects, storage, lifecycle, log, now } =
      this.#options;
    const admit = (bytes: number) => keeper.admit(bytes);
    const came = (appId: string, bytes: number) => operated.traffic.note('files', appId, bytes);
    const files = await lifecycle.start('the file door', () => new FileDoor({ objects, admit, came, now }));
    const door = {
      bodies: new Bodies(bodyBytes),
      cloud: operated,
      entries: reception,
      files,
      questions: {
        questions,
        timeSeries: stages.timeSeries,
        caughtUp: () => stages.caughtUp(questionPatience),
      },
      raw: {
        storage,
        directory: join(cloud.directory, 'data'),
        onProblem: (problem: string) => log.write('warn', { problem }, 'a raw file is damaged'),
      },
      audit,
      onFailure: (failure: Error) =>
        log.write('error', { error: failure.message }, 'a request to the HTTP door failed'),
    };
    const access = this.#access;
    this.#http = await lifecycle.start('the HTTP door', () =>
      openHttpDoor({ ...door, access, port: cloud.httpPort }),
    );
    this.#inner = isLoopback(access.host)
      ? this.#http
      : await lifecycle.start('the inner HTTP door', () =>
          openHttpDoor({ ...door, access: { ...insideOf(access), host: '127.0.0.1' }, port: 0 }),
        );
  }
}
