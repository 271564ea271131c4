/** Every message as a document of a MongoDB, for platforms that ask in its language. README.md says what holds. */
import { type Collection, type Document, MongoBulkWriteError, MongoClient } from 'mongodb';
import type { Arrival } from '../../inbox/arrival';
import { messagesOfBlock } from '../../message/arrived-messages';
import { Forward, type ForwardOptions, type Refused } from '../../stages/forward';
import type { PositionFile } from '../../stages/position-file';

export interface MongoOptions {
  /** `mongodb://…` */
  url: string;
  database: string;
  collection: string;
}

export interface MongoDbOptions extends ForwardOptions {
  server: MongoOptions;
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

export class MongoDb extends Forward {
  readonly name = 'mongodb';
  readonly #client: MongoClient;
  readonly #collection: Collection<MessageDocument>;
  #isIndexed = false;

  private constructor({ url, database, collection }: MongoOptions, position: PositionFile) {
    super(position);
    this.#client = new MongoClient(url, { serverSelectionTimeoutMS, socketTimeoutMS, retryWrites: false });
    this.#collection = this.#client.db(database).collection<MessageDocument>(collection);
  }

  static async open(options: MongoDbOptions): Promise<MongoDb> {
    return new MongoDb(options.server, await Forward.openPosition(options));
  }

  protected async forward(batch: readonly Arrival[], refused: Refused): Promise<void> {
    let pending: Pending[] = [];
    for (const arrival of batch) {
      try {
        for (const document of documentsOf(arrival)) pending.push({ document, arrival });
      } catch (error) {
        refused.set(arrival, (error as Error).message);
      }
      if (pending.length < mostDocuments) continue;
      await this.#insert(pending, refused);
      pending = [];
    }
    // An empty batch tries the store too.
    if (pending.length > 0) await this.#insert(pending, refused);
    else await this.#client.db().command({ ping: 1 });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #insert(pending: readonly Pending[], refused: Refused): Promise<void> {
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
          if (code !== duplicateKey) refused.set(portion[index]!.arrival, errmsg ?? `error ${code}`);
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
