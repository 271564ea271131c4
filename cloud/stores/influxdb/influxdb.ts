/** The time series of a platform that has an InfluxDB: every message a point, by project. README.md says what holds. */
import type { Arrival } from '../../inbox/arrival';
import { messageOf, messagesOfBlock } from '../../message/arrived-messages';
import type { Message } from '../../message/message';
import { Forward, type ForwardOptions, type Refused } from '../../stages/forward';
import type { PositionFile } from '../../stages/position-file';
import { lineOfMessage } from './point-line';
import { type InfluxServer, retentionDays } from './server';
import { InfluxV1, type InfluxV1Options } from './server-v1';
import { InfluxV2, type InfluxV2Options } from './server-v2';

export type InfluxOptions = InfluxV1Options | InfluxV2Options;

export interface InfluxDbOptions extends ForwardOptions {
  server: InfluxOptions;
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

export class InfluxDb extends Forward {
  readonly name = 'influxdb';
  readonly #server: InfluxServer;
  readonly #now: () => number;

  private constructor(server: InfluxServer, position: PositionFile, now: () => number) {
    super(position);
    this.#server = server;
    this.#now = now;
  }

  static async open(options: InfluxDbOptions): Promise<InfluxDb> {
    const { server, now } = options;
    const position = await Forward.openPosition(options);
    return new InfluxDb(server.version === 1 ? new InfluxV1(server) : new InfluxV2(server), position, now);
  }

  close(): void {}

  protected async forward(batch: readonly Arrival[], refused: Refused): Promise<void> {
    for (const [database, lines] of this.#linesByDatabase(batch, refused))
      for (let begin = 0; begin < lines.length; begin += mostLines)
        await this.#write(database, lines.slice(begin, begin + mostLines), refused);
  }

  #linesByDatabase(batch: readonly Arrival[], refused: Refused): Map<string, Line[]> {
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
        refused.set(arrival, (error as Error).message);
      }
    }
    return databases;
  }

  /** Where lines are refused, halves of them are tried, down to the one that is to blame: the same again changes nothing. */
  async #write(database: string, lines: readonly Line[], refused: Refused): Promise<void> {
    const refusal = await this.#server.write(database, lines.map(({ text }) => text).join('\n'));
    if (refusal === undefined) return;
    const [only] = lines;
    if (lines.length === 1) {
      if (!/retention policy/.test(refusal)) refused.set(only!.arrival, refusal);
      return;
    }
    const half = lines.length >> 1;
    await this.#write(database, lines.slice(0, half), refused);
    await this.#write(database, lines.slice(half), refused);
  }
}

function* messagesOf(arrival: Arrival): Generator<Message> {
  if (arrival.kind === 'message') yield messageOf(arrival);
  else for (const block of arrival.blocks) yield* messagesOfBlock(arrival, block);
}
