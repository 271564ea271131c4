/** Every message as a document of a MongoDB, for platforms that ask in its language. README.md says what holds. */
import type { Storage } from '@sluice/common/storage';
import { type Collection, type Document, MongoBulkWriteError, MongoClient } from 'mongodb';
import type { Arrival, Position } from '../../inbox/arrival';
import { messagesOfBlock } from '../../message/arrived-messages';
import { PositionFile } from '../../stages/position-file';
import type { BadArrival, Stage } from '../../stages/stage';

export interface MongoOptions {
  /** `mongodb://…` */
  url: string;
  database: string;
  collection: string;
}

export interface MongoDbOptions {
  server: MongoOptions;
  storage: Storage;
  /** The file in which the stage's position is kept. */
  state: string;
  first: Position;
  onProblem(problem: Error): void;
}

interface MessageDocument extends Document {
  _id: string;
}

interface Pending {
  document: MessageDocument;
  arrival: Arrival;
}

/** Documents of a request. */
const mostDocuments = 5_000;
/** Milliseconds to find a server, and for its answer. */
const serverSelectionTimeoutMS = 5_000;
const socketTimeoutMS = 60_000;
const duplicateKey = 11_000;

export class MongoDb implements Stage {
  readonly name = 'mongodb';
  readonly #client: MongoClient;
  readonly #collection: Collection<MessageDocument>;
  readonly #position: PositionFile;
  #isIndexed = false;

  private constructor({ url, database, collection }: MongoOptions, position: PositionFile) {
    this.#client = new MongoClient(url, { serverSelectionTimeoutMS, socketTimeoutMS, retryWrites: false });
    this.#collection = this.#client.db(database).collection<MessageDocument>(collection);
    this.#position = position;
  }

  static async open({ server, storage, state, first, onProblem }: MongoDbOptions): Promise<MongoDb> {
    return new MongoDb(server, await PositionFile.open(storage, state, first, onProblem));
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
    let pending: Pending[] = [];
    for (const arrival of batch) {
      try {
        for (const document of documentsOf(arrival)) pending.push({ document, arrival });
      } catch (error) {
        bad.set(arrival, (error as Error).message);
      }
      if (pending.length < mostDocuments) continue;
      await this.#insert(pending, bad);
      pending = [];
    }
    // An empty batch tries the store too.
    if (pending.length > 0) await this.#insert(pending, bad);
    else await this.#client.db().command({ ping: 1 });
    if (bad.size > 0) await setAside([...bad].map(([arrival, reason]) => ({ arrival, reason })));
    await this.#position.move(upTo);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #insert(pending: readonly Pending[], bad: Map<Arrival, string>): Promise<void> {
    if (!this.#isIndexed) await this.#collection.createIndex({ app_id: 1, dev_id: 1, time: 1 });
    this.#isIndexed = true;
    for (let begin = 0; begin < pending.length; begin += mostDocuments) {
      const portion = pending.slice(begin, begin + mostDocuments);
      try {
        await this.#collection.insertMany(
          portion.map(({ document }) => document),
          { ordered: false },
        );
      } catch (error) {
        if (!(error instanceof MongoBulkWriteError)) throw error;
        const errors = [error.writeErrors].flat();
        // What it says of no document is its own failure.
        if (errors.length === 0) throw error;
        for (const { code, index, errmsg } of errors)
          if (code !== duplicateKey) bad.set(portion[index]!.arrival, errmsg ?? `error ${code}`);
      }
    }
  }
}

/** The message with its members, `time` as a date; named by the reading's name, or else by its place in the inbox. */
function* documentsOf(arrival: Arrival): Generator<MessageDocument> {
  const { appId, devId, position, arrived } = arrival;
  if (arrival.kind === 'message') {
    const { name } = arrival;
    const _id = name ? `${appId}/${devId}/${name.block}/${name.index}` : `${arrived}/${position}`;
    yield documentOf(Buffer.from(arrival.line).toString(), _id);
    return;
  }
  for (const block of arrival.blocks)
    for (const { line, name } of messagesOfBlock(arrival, block))
      yield documentOf(line, `${appId}/${devId}/${name!.block}/${name!.index}`);
}

function documentOf(line: string, _id: string): MessageDocument {
  const content = JSON.parse(line) as { time: number };
  return { ...content, _id, time: new Date(content.time) };
}
