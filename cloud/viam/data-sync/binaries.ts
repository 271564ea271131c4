/** Binaries and files of uploads as objects: named by what they are, so that the same one again is stored once. */
import { createHash, randomUUID } from 'node:crypto';
import { namedAnnotations } from '../../stores/objects/annotations';
import type { ObjectEntry, ObjectKey } from '../../stores/objects/object-entry';
import type { NewDescription, ObjectStore, Upload } from '../../stores/objects/object-store';
import type { ReadingMetadata, UploadMetadata } from './upload-metadata';

export interface BinariesOptions {
  objects: ObjectStore;
  /** @throws SluiceError disk-full: so many bytes are not taken */
  admit(bytes: number): void;
  /** Told of each that is stored. */
  came?(appId: string, bytes: number): void;
  now(): number;
}

/** Bytes after which it is asked again whether there is room. */
const admitted = 8 << 20;

export class Binaries {
  readonly #options: BinariesOptions;

  constructor(options: BinariesOptions) {
    this.#options = options;
  }

  /** Durable when it resolves. Nothing is kept when the pieces end in an error. */
  async take(
    appId: string,
    metadata: UploadMetadata,
    reading: ReadingMetadata,
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<ObjectEntry> {
    const { objects, admit, came } = this.#options;
    admit(0);
    const upload = await objects.begin();
    let room = 0;
    try {
      for await (const piece of pieces) {
        room -= piece.length;
        if (room < 0) {
          admit(piece.length + admitted);
          room = admitted;
        }
        await upload.append(piece);
      }
      const kept = await upload.keep(this.#describe(appId, metadata, reading, upload));
      came?.(appId, upload.bytes);
      return kept;
    } catch (error) {
      // What it failed by is what is told.
      await upload.abandon().catch(() => undefined);
      throw error;
    }
  }

  #describe(
    appId: string,
    metadata: UploadMetadata,
    reading: ReadingMetadata,
    upload: Upload,
  ): NewDescription {
    const { part, resource, method, parameters, fileName, modified, created, datasets } = metadata;
    const { requested, received } = reading;
    const mimeType = metadata.mimeType || reading.mimeType;
    const annotations = namedAnnotations(reading.annotations);
    const now = this.#options.now();
    const isFile = metadata.type === 3;
    const captured = requested ?? modified ?? created ?? now;
    return {
      name: isFile || requested !== undefined ? nameOf(metadata, reading, upload.sha256) : randomUUID(),
      app_id: appId,
      dev_id: part,
      main: part,
      type: isFile ? 'file' : 'binary',
      captured: new Date(captured).toISOString(),
      arrived: new Date(now).toISOString(),
      owner: 'main',
      resource,
      method,
      parameters,
      extension: metadata.extension,
      tags: [...metadata.tags],
      ...(datasets.length > 0 && { datasets: [...datasets] }),
      ...(fileName !== '' && { fileName }),
      ...(mimeType !== '' && { mimeType }),
      ...(annotations && { annotations }),
      ...(requested !== undefined && { requested }),
      ...(received !== undefined && { received }),
      ...(created !== undefined && { created }),
      ...(modified !== undefined && { modified }),
    };
  }
}

function nameOf(
  { part, resource, method, parameters, fileName, modified, created }: UploadMetadata,
  { requested, received, annotations }: ReadingMetadata,
  sha256: string,
): string {
  const of = [part, resource, method, parameters, fileName, modified, created, requested, received, sha256];
  // Two images of a camera may be the same to the byte: they differ by what is said of them.
  if (annotations !== undefined) of.push(JSON.stringify(annotations));
  return createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 40);
}

/** `binary_data_id`, as Viam's clients name an object. */
export function binaryDataId({ appId, devId, name }: ObjectKey): string {
  return `${appId}/${devId}/${name}`;
}
