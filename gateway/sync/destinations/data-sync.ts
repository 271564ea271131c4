/**
 * Viam's cloud, by its DataSync service, as a viam-server uploads to it.
 *
 * What comes in: capture files, which are opened into readings here and nowhere else; binaries; files. What goes out:
 * readings in unary requests of 1 MB at most, binaries in one up to that and streamed above, files streamed. What
 * holds: nothing is whole in memory but a capture file and a request. That cloud knows no names: after a lost answer
 * the one request whose answer it was is sent again and may be there twice, which is counted; what it has acknowledged
 * of an item is not sent again while the gateway runs.
 */

import { Any, type AnyMessage, type MessageType, Timestamp, Value } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { isSluiceError } from '@sluice/common/errors';
import { type Credentials, type ViamClient, ViamConnection } from '@sluice/common/viam';
import {
  messageOf as anyMessageOf,
  DataSyncService,
  dataType,
  type Plain,
  SensorData,
  SensorMetadata,
} from '@sluice/common/viam/messages';
import { BlockError } from '../../../modules/block/block-error';
import { decodeBlock } from '../../../modules/block/decoder';
import { type CaptureFileMetadata, largestCaptureFile, readCaptureFile } from '../../../modules/block/file';
import { findMethodOf } from '../../../modules/config/methods';
import { splitResourceName } from '../../../modules/config/resource-name';
import { type Delivery, type Destination, type DestinationSpecification, unread } from '../destination';
import { failureOf, isDoubtful, streamed, unary } from './data-sync-connection';

interface Content {
  bytes: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** An item as it is uploaded. */
export type DataSyncUpload =
  | { type: 'blocks'; file: Uint8Array }
  | (Content & {
      type: 'binary';
      metadata: {
        part: string;
        resource: string;
        method: string;
        parameters: Record<string, string>;
        requested: number;
        received: number;
        mimeType?: string;
        extension: string;
        tags: string[];
        datasets?: string[];
        annotations?: object;
      };
    })
  | (Content & {
      type: 'file';
      metadata: { part: string; fileName: string; extension: string; tags: string[]; datasets?: string[] };
      modified: number;
    });

export interface DataSyncOptions<Item> {
  /** `https://app.viam.com` */
  address: string;
  /** The main part's name here, and its id there. */
  main: string;
  partId: string;
  credentials: Credentials & { type: 'api-key' | 'robot-secret' };
  /** What of an item goes over; undefined when it has gone or changed. */
  read(item: Item): Promise<DataSyncUpload | undefined>;
  /** So many readings of it may be there twice: the answer to their request was lost. */
  onDoubt?(item: Item, readings: number): void;
  /** Milliseconds that a request, or the next piece of a stream, may take. Default a minute. */
  patience?: number;
}

/** What is slow is sent again, and then may be there twice. */
const defaultPatience = 60_000;

/** Bytes of readings in one request. */
const requestBytes = 1_000_000;
/** Bytes of a binary that goes in one request; above, it is streamed. */
const largestUnary = 1_000_000;
/** Bytes of a piece of a stream. */
const pieceBytes = 65_536;

/** Readings that are made ready in one turn of the event loop: some ten milliseconds. */
const turnReadings = 128;

const messageOf = (type: MessageType<AnyMessage>, plain: Plain): AnyMessage =>
  anyMessageOf(type as never, plain) as AnyMessage;

const extensions: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpeg',
  'image/png': '.png',
  'pointcloud/pcd': '.pcd',
  'video/mp4': '.mp4',
};

/** One of an item's requests. */
interface SentRequest<Item> {
  item: Item;
  index: number;
  /** In it. */
  readings: number;
}

class DataSync<Item extends object> implements Destination<Item> {
  readonly #options: DataSyncOptions<Item>;
  readonly #connection: ViamConnection;
  readonly #client: ViamClient;
  readonly #patience: number;
  /** Requests of an item that are acknowledged, while others of it are not. */
  readonly #acknowledged = new WeakMap<Item, number>();
  /** Requests of an item, counted, up to the last that may be there twice: none is told of again. */
  readonly #doubted = new WeakMap<Item, number>();

  constructor(
    readonly name: string,
    options: DataSyncOptions<Item>,
  ) {
    const { address, credentials, patience = defaultPatience } = options;
    this.#options = options;
    this.#patience = patience;
    this.#connection = new ViamConnection({ address, credentials, patience });
    this.#client = this.#connection.client(DataSyncService);
  }

  async deliver(item: Item, signal: AbortSignal): Promise<Delivery> {
    let upload: DataSyncUpload | undefined;
    try {
      upload = await this.#options.read(item);
    } catch (error) {
      return unread(error);
    }
    if (upload === undefined) return { result: 'gone' };
    try {
      if (upload.type === 'blocks') return await this.#uploadReadings(item, upload.file, signal);
      const action = await this.#actionOf(upload, signal);
      return (await this.#send({ item, index: 0, readings: 1 }, action, signal)) ?? { result: 'delivered' };
    } catch (error) {
      if (signal.aborted) throw error;
      return { result: 'again', reason: (error as Error).message, of: 'item' };
    }
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  async #actionOf(upload: BinaryUpload | FileUpload, signal: AbortSignal): Promise<() => Promise<object>> {
    const client = this.#client;
    const patience = this.#patience;
    const metadata = this.#uploadMetadata(upload.metadata);
    if (upload.type === 'file')
      return () =>
        streamed(filePackets(upload, metadata), { signal, patience }, (packets, options) =>
          client.fileUpload!(packets, options),
        );
    if (upload.bytes > largestUnary)
      return () =>
        streamed(binaryPackets(upload, metadata), { signal, patience }, (packets, options) =>
          client.streamingDataCaptureUpload!(packets, options),
        );
    const request = await binaryRequest(upload, metadata);
    return () => client.dataCaptureUpload!(request, unary(signal, patience));
  }

  /** @returns what a failure means; undefined: it is there */
  async #send(
    request: SentRequest<Item>,
    action: () => Promise<object>,
    signal: AbortSignal,
  ): Promise<Delivery | undefined> {
    let ofUpload: unknown;
    const upload = () =>
      action().catch((error) => {
        ofUpload = error;
        throw error;
      });
    try {
      await this.#connection.call(upload, signal);
      return undefined;
    } catch (error) {
      const cause = (error as ConnectError).cause;
      if (isSluiceError(error, 'file-changed') || isSluiceError(cause, 'file-changed'))
        return { result: 'gone' };
      const failure = ConnectError.from(error);
      // Where nobody was reached, or who calls not shown, nothing was sent.
      if (error === ofUpload && isDoubtful(failure)) this.#doubt(request);
      if (signal.aborted) throw error;
      return failureOf(failure);
    }
  }

  #doubt({ item, index, readings }: SentRequest<Item>): void {
    if (index < (this.#doubted.get(item) ?? 0)) return;
    this.#doubted.set(item, index + 1);
    this.#options.onDoubt?.(item, readings);
  }

  async #uploadReadings(item: Item, file: Uint8Array, signal: AbortSignal): Promise<Delivery> {
    const { metadata: captured, blocks } = readCaptureFile(file);
    const isTimeKnown = blocks.every(({ mapping }) => mapping.known);
    const metadata = this.#uploadMetadata({ ...captured, extension: '.dat' }, dataType.tabular);
    // Stamps of a boot that never knew the time count from the epoch.
    if (!isTimeKnown) metadata.tags = [...captured.tags, 'time_unknown'];
    const done = this.#acknowledged.get(item) ?? 0;
    let index = 0;
    for await (const contents of requestsOf(captured, blocks)) {
      const request = { metadata, sensorContents: contents };
      const sent = { item, index: index++, readings: contents.length };
      if (index <= done) continue;
      const failure = await this.#send(
        sent,
        () => this.#client.dataCaptureUpload!(request, unary(signal, this.#patience)),
        signal,
      );
      if (failure) return failure;
      this.#acknowledged.set(item, index);
    }
    this.#acknowledged.delete(item);
    return { result: 'delivered' };
  }

  #uploadMetadata(
    of: {
      part: string;
      owner?: 'part' | 'main';
      resource?: string;
      method?: string;
      parameters?: Record<string, string>;
      extension: string;
      tags: readonly string[];
      datasets?: readonly string[] | undefined;
      mimeType?: string | undefined;
      fileName?: string;
    },
    type: number = of.fileName === undefined ? dataType.binary : dataType.file,
  ): Record<string, unknown> {
    const { resource = '', method = '', parameters = {}, mimeType = '' } = of;
    // As the machine itself calls it: of a remote's resource, without its remote.
    const { api, name } = splitResourceName(resource);
    return {
      // A part's own streams are its own; what the main configured, or has, is the main's.
      partId: of.owner === 'part' && of.part !== this.#options.main ? of.part : this.#options.partId,
      componentType: api,
      componentName: name,
      methodName: method,
      type,
      fileName: of.fileName ?? '',
      methodParameters: Object.fromEntries(
        Object.entries(parameters).map(([parameter, text]) => [
          parameter,
          Any.pack(
            parameter === 'docommand_input'
              ? Value.fromJsonString(text)
              : new Value({ kind: { case: 'stringValue', value: text } }),
          ),
        ]),
      ),
      fileExtension: extensions[mimeType] ?? of.extension,
      tags: [...of.tags],
      datasetIds: [...(of.datasets ?? [])],
      mimeType,
    };
  }
}

/** Readings of all blocks, serialised, so many as a request takes at a time. @throws Error that names a bad block */
async function* requestsOf(
  { resource, method, range }: CaptureFileMetadata,
  blocks: ReturnType<typeof readCaptureFile>['blocks'],
): AsyncGenerator<Uint8Array[]> {
  const row = findMethodOf(resource, method);
  let contents: Uint8Array[] = [];
  let bytes = 0;
  let count = 0;
  for (const { sequence, mapping, bytes: encoded } of blocks) {
    const block = decodeBlock(encoded);
    if (block instanceof BlockError) throw new Error(`block ${sequence}: ${block.message}`);
    for (const { requested, received, value } of block.readings()) {
      const struct = row ? row.payload(value, range) : { value };
      const reading = messageOf(SensorData, {
        metadata: { time_requested: requested + mapping.offset, time_received: received + mapping.offset },
        struct,
      }).toBinary();
      if (bytes + reading.length > requestBytes && contents.length > 0) {
        yield contents;
        contents = [];
        bytes = 0;
      }
      contents.push(reading);
      bytes += reading.length;
      if (++count % turnReadings === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  if (contents.length > 0) yield contents;
}

type BinaryUpload = Extract<DataSyncUpload, { type: 'binary' }>;
type FileUpload = Extract<DataSyncUpload, { type: 'file' }>;

const sensorMetadataOf = ({ requested, received, annotations }: BinaryUpload['metadata']) => ({
  time_requested: requested,
  time_received: received,
  annotations,
});

async function binaryRequest(upload: BinaryUpload, metadata: object): Promise<object> {
  const pieces: Uint8Array[] = [];
  for await (const piece of upload.pieces()) pieces.push(piece);
  const contents = messageOf(SensorData, {
    metadata: sensorMetadataOf(upload.metadata),
    binary: Buffer.concat(pieces),
  });
  return { metadata, sensorContents: [contents.toBinary()] };
}

async function* binaryPackets(upload: BinaryUpload, uploadMetadata: object): AsyncGenerator<object> {
  const sensorMetadata = messageOf(SensorMetadata, sensorMetadataOf(upload.metadata));
  yield { uploadPacket: { case: 'metadata', value: { uploadMetadata, sensorMetadata } } };
  for await (const data of cut(upload.pieces())) yield { uploadPacket: { case: 'data', value: data } };
}

async function* filePackets(upload: FileUpload, metadata: object): AsyncGenerator<object> {
  const changed = Timestamp.fromDate(new Date(upload.modified));
  // When a file was made Node does not say on every file system: its last change is what counts.
  const times = { fileCreateTime: changed, fileModifyTime: changed };
  yield { uploadPacket: { case: 'metadata', value: { ...metadata, ...times } } };
  for await (const data of cut(upload.pieces()))
    yield { uploadPacket: { case: 'fileContents', value: { data } } };
}

async function* cut(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces)
    for (let from = 0; from < piece.length; from += pieceBytes) yield piece.subarray(from, from + pieceBytes);
}

export const dataSync = {
  summary:
    "Viam's cloud: readings, binaries and files by its DataSync service, as a viam-server uploads them.",
  largestItem: largestCaptureFile,
  isIdempotent: false,
  open: <Item extends object>(name: string, options: DataSyncOptions<Item>): Destination<Item> =>
    new DataSync(name, options),
} satisfies DestinationSpecification<DataSyncOptions<never>, never>;
