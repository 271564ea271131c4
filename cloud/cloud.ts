/** The IoT platform in one process: doors, the commit stage, stores. See README.md for what holds. */
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Access, checkAccess } from '@sluice/common/access';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { BlockDoor, type BlocksAnswer, type Sender } from './doors/blocks';
import { Counters } from './doors/counters';
import { openHttpDoor } from './doors/http';
import { MqttDoor } from './doors/mqtt';
import { parseMessage, type Refusal, type Topic } from './message/message';
import { Commit } from './stores/commit';
import { RawFiles } from './stores/raw-files';
import { TimeSeries } from './stores/time-series';

export interface CloudOptions {
  /** Holds `data/` (raw files) and `state/` (time series). */
  directory: string;
  /** 0 takes any free port. */
  httpPort: number;
  mqttPort: number;
  log: Logger;
  access?: Access;
  /** IANA name of the zone of calendar days. Default UTC. */
  timeZone?: string;
  now?: () => number;
}

/** A refused message is logged at most this often, in milliseconds. */
const refusalLogInterval = 10_000;

export class Cloud {
  readonly counters = new Counters();
  readonly #options: CloudOptions;
  readonly #now: () => number;
  readonly #timeSeries: TimeSeries;
  readonly #commit: Commit;
  readonly #blockDoor: BlockDoor;
  #mqtt: MqttDoor | undefined;
  #http: FastifyInstance | undefined;
  #refusalLogged = Number.NEGATIVE_INFINITY;

  private constructor(options: CloudOptions, timeSeries: TimeSeries) {
    const { directory, timeZone = 'UTC', now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#timeSeries = timeSeries;
    this.#commit = new Commit(new RawFiles(join(directory, 'data'), timeZone), timeSeries, now);
    this.#blockDoor = new BlockDoor(this.#commit, now);
  }

  /** Opens the stores, takes back what a crash left half done, then opens the doors. */
  static async start(options: CloudOptions): Promise<Cloud> {
    const { access = { host: '127.0.0.1' }, directory, httpPort, mqttPort } = options;
    checkAccess(access);
    await mkdir(join(directory, 'data'), { recursive: true });
    const cloud = new Cloud(options, await TimeSeries.open(join(directory, 'state', 'time-series.duckdb')));
    try {
      await cloud.#commit.recover();
      cloud.#mqtt = await MqttDoor.open({
        ...access,
        port: mqttPort,
        receive: async (payload, topic) => void (await cloud.receive(payload, topic)),
      });
      cloud.#http = await openHttpDoor({
        access,
        port: httpPort,
        timeSeries: cloud.#timeSeries,
        counters: cloud.counters,
        receive: (payload, topic) => cloud.receive(payload, topic),
        receiveBlocks: (file, sender) => cloud.receiveBlocks(file, sender),
      });
    } catch (error) {
      await cloud.close();
      throw error;
    }
    return cloud;
  }

  get httpPort(): number {
    return (this.#http!.server.address() as AddressInfo).port;
  }

  get mqttPort(): number {
    return this.#mqtt!.port;
  }

  /** Stores a message; the promise is kept when it is durable, and broken when a store failed. */
  async receive(
    payload: Uint8Array,
    topic: Topic | undefined,
  ): Promise<{ stored: number } | { refusal: Refusal }> {
    const parsed = parseMessage(payload, topic, this.#now());
    if ('refusal' in parsed) {
      this.#refused(parsed.refusal, topic);
      return parsed;
    }
    try {
      const outcome = await this.#commit.store({ message: parsed.message });
      this.counters.stored += outcome.stored;
      this.counters.duplicates += outcome.duplicates;
      return { stored: outcome.stored };
    } catch (error) {
      this.counters.failed++;
      this.#options.log.error({ error: (error as Error).message }, 'a message could not be stored');
      throw error;
    }
  }

  /** Stores a capture file's blocks; kept and broken as `receive`. A text says why the file is of no use. */
  async receiveBlocks(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string> {
    const { counters } = this;
    try {
      const answer = await this.#blockDoor.receive(file, sender);
      if (typeof answer === 'string') {
        counters.refusedFiles++;
        this.#options.log.warn({ reason: answer }, 'a capture file was refused');
        return answer;
      }
      counters.blocks += answer.blocks;
      counters.duplicateBlocks += answer.duplicates;
      counters.refusedBlocks += answer.refused.length;
      counters.stored += answer.readings;
      if (answer.refused.length > 0)
        this.#options.log.warn({ refused: answer.refused }, 'blocks were refused');
      return answer;
    } catch (error) {
      counters.failed++;
      this.#options.log.error({ error: (error as Error).message }, 'blocks could not be stored');
      throw error;
    }
  }

  /** Closes the doors, lets what has come in become durable, closes the stores. */
  async close(): Promise<void> {
    await this.#http?.close();
    await this.#mqtt?.close();
    await this.#commit.idle();
    this.#timeSeries.close();
  }

  #refused({ kind, path, message }: Refusal, topic: Topic | undefined): void {
    this.counters[kind === 'identifiers' ? 'ignored' : 'invalid']++;
    const now = this.#now();
    if (now - this.#refusalLogged < refusalLogInterval) return;
    this.#refusalLogged = now;
    const { ignored, invalid } = this.counters;
    this.#options.log.warn({ path, reason: message, topic, ignored, invalid }, 'a message was refused');
  }
}
