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
import { isSluiceError, systemCode } from '@sluice/common/errors';
import {
  messageOf as anyMessageOf,
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
import type { Delivery, Destination, DestinationSpecification } from '../destination';
import {
  type DataSyncClient,
  DataSyncConnection,
  type DataSyncCredentials,
  failureOf,
  isDoubtful,
  unary,
} from './data-sync-connection';

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
  credentials: DataSyncCredentials;
  /** What of an item goes over; undefined when it has gone or changed. */
  read(item: Item): Promise<DataSyncUpload | undefined>;
  /** So many readings may be there twice: the answer to their request was lost. */
  onDoubt?(readings: number): void;
}

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

class DataSync<Item extends object> implements Destination<Item> {
  readonly #options: DataSyncOptions<Item>;
  readonly #connection: DataSyncConnection;
  /** Requests of an item that are acknowledged, while others of it are not. */
  readonly #acknowledged = new WeakMap<Item, number>();

  constructor(
    readonly name: string,
    options: DataSyncOptions<Item>,
  ) {
    this.#options = options;
    this.#connection = new DataSyncConnection(options.address, options.credentials);
  }

  async deliver(item: Item, signal: AbortSignal): Promise<Delivery> {
    let upload: DataSyncUpload | undefined;
    try {
      upload = await this.#options.read(item);
    } catch (error) {
      const reason = `cannot be read: ${systemCode(error) ?? (error as Error).message}`;
      return { result: 'again', reason, of: 'item' };
    }
    if (upload === undefined) return { result: 'gone' };
    try {
      if (upload.type === 'blocks') return await this.#uploadReadings(item, upload.file, signal);
      const action = await this.#actionOf(upload, signal);
      return (await this.#send(action, 1, signal)) ?? { result: 'delivered' };
    } catch (error) {
      if (signal.aborted) throw error;
      return { result: 'again', reason: (error as Error).message, of: 'item' };
    }
  }

  async #actionOf(
    upload: BinaryUpload | FileUpload,
    signal: AbortSignal,
  ): Promise<(client: DataSyncClient) => Promise<object>> {
    const metadata = this.#uploadMetadata(upload.metadata);
    if (upload.type === 'file')
      return (client) => client.fileUpload(filePackets(upload, metadata), { signal });
    if (upload.bytes > largestUnary)
      return (client) => client.streamingDataCaptureUpload(binaryPackets(upload, metadata), { signal });
    const request = await binaryRequest(upload, metadata);
    return (client) => client.dataCaptureUpload(request, unary(signal));
  }

  /** @returns what a failure means; undefined: it is there */
  async #send(
    action: (client: DataSyncClient) => Promise<object>,
    readings: number,
    signal: AbortSignal,
  ): Promise<Delivery | undefined> {
    try {
      await this.#connection.call(action, signal);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      const cause = (error as ConnectError).cause;
      if (isSluiceError(error, 'file-changed') || isSluiceError(cause, 'file-changed'))
        return { result: 'gone' };
      const failure = ConnectError.from(error);
      if (isDoubtful(failure)) this.#options.onDoubt?.(readings);
      return failureOf(failure);
    }
  }

  async #uploadReadings(item: Item, file: Uint8Array, signal: AbortSignal): Promise<Delivery> {
    const { metadata: of, blocks } = readCaptureFile(file);
    const isTimeKnown = blocks.every(({ mapping }) => mapping.known);
    const metadata = this.#uploadMetadata({ ...of, extension: '.dat' }, dataType.tabular);
    // Stamps of a boot that never knew the time count from the epoch.
    if (!isTimeKnown) metadata.tags = [...of.tags, 'time_unknown'];
    const done = this.#acknowledged.get(item) ?? 0;
    let index = 0;
    for await (const contents of requestsOf(of, blocks)) {
      if (index++ < done) continue;
      const request = { metadata, sensorContents: contents };
      const failure = await this.#send(
        (client) => client.dataCaptureUpload(request, unary(signal)),
        contents.length,
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

const times = ({ requested, received }: BinaryUpload['metadata']) => ({
  time_requested: requested,
  time_received: received,
});

async function binaryRequest(upload: BinaryUpload, metadata: object): Promise<object> {
  const pieces: Uint8Array[] = [];
  for await (const piece of upload.pieces()) pieces.push(piece);
  const contents = messageOf(SensorData, {
    metadata: times(upload.metadata),
    binary: Buffer.concat(pieces),
  });
  return { metadata, sensorContents: [contents.toBinary()] };
}

async function* binaryPackets(upload: BinaryUpload, uploadMetadata: object): AsyncGenerator<object> {
  const sensorMetadata = messageOf(SensorMetadata, times(upload.metadata));
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
