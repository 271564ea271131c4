/** The time series of a platform that has an InfluxDB: every message a point, by project. README.md says what holds. */
import type { Storage } from '@sluice/common/storage';
import type { Arrival, Position } from '../../inbox/arrival';
import { messageOf, messagesOfBlock } from '../../message/arrived-messages';
import type { Message } from '../../message/message';
import { PositionFile } from '../../stages/position-file';
import type { BadArrival, Stage } from '../../stages/stage';
import { lineOfMessage } from './point-line';
import { type InfluxServer, retentionDays } from './server';
import { InfluxV1, type InfluxV1Options } from './server-v1';
import { InfluxV2, type InfluxV2Options } from './server-v2';

export type InfluxOptions = InfluxV1Options | InfluxV2Options;

export interface InfluxDbOptions {
  server: InfluxOptions;
  storage: Storage;
  /** The file in which the stage's position is kept. */
  state: string;
  first: Position;
  onProblem(problem: Error): void;
  /** Wall milliseconds. */
  now(): number;
}

/** A point on its way, and what it is of. */
interface Line {
  text: string;
  arrival: Arrival;
}

/** Points of a request, as InfluxDB's documents advise. */
const mostLines = 5_000;
const millisecondsPerDay = 86_400_000;

export class InfluxDb implements Stage {
  readonly name = 'influxdb';
  readonly #server: InfluxServer;
  readonly #position: PositionFile;
  readonly #now: () => number;

  private constructor(server: InfluxServer, position: PositionFile, now: () => number) {
    this.#server = server;
    this.#position = position;
    this.#now = now;
  }

  static async open({ server, storage, state, first, onProblem, now }: InfluxDbOptions): Promise<InfluxDb> {
    const position = await PositionFile.open(storage, state, first, onProblem);
    return new InfluxDb(server.version === 1 ? new InfluxV1(server) : new InfluxV2(server), position, now);
  }

  position(): Position {
    return this.#position.position;
  }

  async process(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    const bad = new Map<Arrival, string>();
    for (const [database, lines] of this.#linesByDatabase(batch, bad))
      for (let begin = 0; begin < lines.length; begin += mostLines)
        await this.#write(database, lines.slice(begin, begin + mostLines), bad);
    if (bad.size > 0) await setAside([...bad].map(([arrival, reason]) => ({ arrival, reason })));
    await this.#position.move(upTo);
  }

  close(): void {}

  #linesByDatabase(batch: readonly Arrival[], bad: Map<Arrival, string>): Map<string, Line[]> {
    // The server refuses what its retention would remove at once.
    const oldest = this.#now() - retentionDays * millisecondsPerDay;
    const databases = new Map<string, Line[]>();
    for (const arrival of batch) {
      try {
        for (const message of messagesOf(arrival)) {
          const text = message.time < oldest ? undefined : lineOfMessage(message);
          if (text === undefined) continue;
          const lines = databases.get(arrival.appId) ?? [];
          databases.set(arrival.appId, lines);
          lines.push({ text, arrival });
        }
      } catch (error) {
        bad.set(arrival, (error as Error).message);
      }
    }
    return databases;
  }

  /** Where lines are refused, halves of them are tried, down to the one that is to blame: the same again changes nothing. */
  async #write(database: string, lines: readonly Line[], bad: Map<Arrival, string>): Promise<void> {
    const refusal = await this.#server.write(database, lines.map(({ text }) => text).join('\n'));
    if (refusal === undefined) return;
    const [only] = lines;
    if (lines.length === 1) {
      if (!/retention policy/.test(refusal)) bad.set(only!.arrival, refusal);
      return;
    }
    const half = lines.length >> 1;
    await this.#write(database, lines.slice(0, half), bad);
    await this.#write(database, lines.slice(half), bad);
  }
}

function* messagesOf(arrival: Arrival): Generator<Message> {
  if (arrival.kind === 'message') yield messageOf(arrival);
  else for (const block of arrival.blocks) yield* messagesOfBlock(arrival, block);
}
