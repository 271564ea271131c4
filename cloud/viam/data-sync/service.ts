/**
 * `viam.app.datasync.v1.DataSyncService`: what machines and SDKs upload.
 *
 * In: readings, binaries, files. Out: arrivals of the inbox, objects. What holds: an answer means durable; a request of
 * which anything is wrong changes nothing; what is streamed is never whole in memory; what has come before is known by
 * its contents, where it says when it was captured.
 */
import { Code, ConnectError } from '@connectrpc/connect';
import type { Principal } from '@sluice/common/access';
import { isSluiceError } from '@sluice/common/errors';
import type { Served } from '@sluice/common/viam';
import { DataSyncService, dataType, plainOf } from '@sluice/common/viam/messages';
import type { Refusal } from '../../message/message';
import type { ObjectEntry } from '../../stores/objects/object-entry';
import { type CallContext as Caller, principalOf } from '../caller';
import { Binaries, type BinariesOptions, binaryDataId } from './binaries';
import { type Projects, projectOf } from './project';
import { ReadingLines, readContent } from './readings';
import {
  invalid,
  type ReadingMetadata,
  readReadingMetadata,
  readUploadMetadata,
  type UploadMetadata,
} from './upload-metadata';

export interface DataSyncOptions extends BinariesOptions, Projects {
  /** Takes messages that belong together; kept when all are durable. */
  receiveTogether(
    lines: readonly Uint8Array[],
    sender: Principal,
  ): Promise<{ stored: number } | { refusal: Refusal; index: number }>;
}

/** Uploads under way at once. */
const mostStreams = 64;
/** Milliseconds without a packet after which a stream is given up. */
const patience = 60_000;
/** Milliseconds within which a reset follows the end of a stream that was given up. */
const settling = 50;
/** Readings that are opened in one turn of the event loop. */
const turnReadings = 256;

type CallContext = Caller & { signal: AbortSignal };

/** `sensor_contents` as serialised `SensorData`. */
interface CaptureRequest {
  metadata?: object;
  sensorContents: Uint8Array[];
}

interface Packet {
  uploadPacket: { case?: string; value?: unknown };
}

export function servedDataSync(options: DataSyncOptions): Served {
  const uploads = new Uploads(options);
  return {
    service: DataSyncService,
    implementation: {
      dataCaptureUpload: (request: CaptureRequest, context) =>
        answering(() => uploads.capture(request, context)),
      fileUpload: (packets: AsyncIterable<Packet>, context) =>
        answering(() => uploads.file(packets, context)),
      streamingDataCaptureUpload: (packets: AsyncIterable<Packet>, context) =>
        answering(() => uploads.streamed(packets, context)),
    },
  };
}

class Uploads {
  readonly #options: DataSyncOptions;
  readonly #binaries: Binaries;
  #streams = 0;

  constructor(options: DataSyncOptions) {
    this.#options = options;
    this.#binaries = new Binaries(options);
  }

  async capture({ metadata: given, sensorContents }: CaptureRequest, context: CallContext): Promise<object> {
    const metadata = readUploadMetadata(given);
    const appId = projectOf(metadata.part, context, this.#options);
    if (metadata.type === dataType.file) throw invalid('metadata.type: a file comes by FileUpload');
    if (sensorContents.length === 0) throw invalid('sensor_contents: is empty');
    if (metadata.type === dataType.tabular) return this.#readings(appId, metadata, sensorContents, context);
    const contents = sensorContents.map(readContent);
    const empty = contents.findIndex(({ binary }) => binary === undefined);
    if (empty >= 0) throw invalid(`sensor_contents[${empty}]: has no binary`);
    let first: ObjectEntry | undefined;
    for (const { binary, ...reading } of contents) {
      const entry = await this.#binaries.take(appId, metadata, reading, [binary!]);
      first ??= entry;
    }
    return idsOf(first!);
  }

  async #readings(
    appId: string,
    metadata: UploadMetadata,
    contents: readonly Uint8Array[],
    context: CallContext,
  ): Promise<object> {
    const make = new ReadingLines(appId, metadata, contents);
    const lines: Uint8Array[] = [];
    for (const [index, bytes] of contents.entries()) {
      const content = readContent(bytes, index);
      if (content.struct === undefined) throw invalid(`sensor_contents[${index}]: has no struct`);
      lines.push(make.line(content, index));
      if (lines.length % turnReadings === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const taken = await this.#options.receiveTogether(lines, principalOf(context));
    if ('refusal' in taken)
      throw invalid(`sensor_contents[${taken.index}]: ${taken.refusal.path} ${taken.refusal.message}`);
    return { fileId: make.block };
  }

  file(packets: AsyncIterable<Packet>, context: CallContext): Promise<object> {
    return this.#stream(packets, context, {
      name: 'fileContents',
      open: (value) => {
        const metadata = readUploadMetadata(value);
        if (metadata.type !== dataType.file) throw invalid('metadata.type: is no file');
        return { metadata, reading: readReadingMetadata(undefined, '') };
      },
      bytes: (value) => (value as { data: Uint8Array }).data,
    });
  }

  streamed(packets: AsyncIterable<Packet>, context: CallContext): Promise<object> {
    return this.#stream(packets, context, {
      name: 'data',
      open: (value) => {
        const { uploadMetadata, sensorMetadata } = value as {
          uploadMetadata?: object;
          sensorMetadata?: object;
        };
        const metadata = readUploadMetadata(uploadMetadata);
        if (metadata.type !== dataType.binary) throw invalid('metadata.type: only a binary is streamed');
        return {
          metadata,
          reading: readReadingMetadata(sensorMetadata && plainOf(sensorMetadata), 'sensor_metadata'),
        };
      },
      bytes: (value) => value as Uint8Array,
    });
  }

  async #stream(packets: AsyncIterable<Packet>, context: CallContext, kind: StreamKind): Promise<object> {
    if (this.#streams >= mostStreams)
      throw new ConnectError(`${mostStreams} uploads are under way`, Code.ResourceExhausted);
    this.#streams++;
    try {
      const coming = patiently(packets, context.signal);
      const { value: first } = await coming.next();
      if (first?.uploadPacket.case !== 'metadata') throw invalid('the first packet is not the metadata');
      const { metadata, reading } = kind.open(first.uploadPacket.value as object);
      const appId = projectOf(metadata.part, context, this.#options);
      return idsOf(await this.#binaries.take(appId, metadata, reading, contentsOf(coming, kind)));
    } finally {
      this.#streams--;
    }
  }
}

interface StreamKind {
  /** Of the packets behind the first. */
  name: string;
  open(metadata: object): { metadata: UploadMetadata; reading: ReadingMetadata };
  bytes(value: unknown): Uint8Array;
}

async function* contentsOf(
  packets: AsyncIterable<Packet>,
  { name, bytes }: StreamKind,
): AsyncGenerator<Uint8Array> {
  for await (const { uploadPacket } of packets) {
    if (uploadPacket.case !== name) throw invalid(`a packet is not ${name}`);
    yield bytes(uploadPacket.value);
  }
}

/** @throws ConnectError DEADLINE_EXCEEDED when nothing comes for too long, CANCELED when the stream is cut */
async function* patiently(
  packets: AsyncIterable<Packet>,
  signal: AbortSignal,
): AsyncGenerator<Packet, undefined> {
  const iterator = packets[Symbol.asyncIterator]();
  try {
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        const error = new ConnectError(`nothing came for ${patience / 1000} s`, Code.DeadlineExceeded);
        timer = setTimeout(() => reject(error), patience);
      });
      const next = await Promise.race([iterator.next(), late]).finally(() => clearTimeout(timer));
      if (next.done) {
        // A stream that is cut ends as one that is complete does; HTTP/2 clients on Node even end it before they reset it.
        if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, settling));
        if (signal.aborted) throw new ConnectError('the stream was cut', Code.Canceled);
        return undefined;
      }
      yield next.value;
    }
  } finally {
    // Not waited for: a stream from which nothing comes would not end it either.
    iterator.return?.().catch(() => undefined);
  }
}

function idsOf(entry: ObjectEntry): object {
  const id = binaryDataId(entry);
  return { fileId: id, binaryDataId: id };
}

/** INVALID_ARGUMENT is for good; after anything else a machine sends it again. */
async function answering<Answer>(action: () => Promise<Answer>): Promise<Answer> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    if (isSluiceError(error, 'disk-full'))
      throw new ConnectError('there is no room on the disk', Code.ResourceExhausted);
    throw new ConnectError('it could not be kept', Code.Unavailable, undefined, undefined, error);
  }
}
