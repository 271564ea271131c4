/** A bucket of an S3 server (MinIO, Amazon, Ceph …), over Amazon's client. */
import type { Readable } from 'node:stream';
import { Readable as ReadableStream } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Bucket, ObjectBody, ObjectStatus } from './bucket';

export interface S3Options {
  /** Absent: Amazon's own. */
  endpoint?: string | undefined;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Bytes held of an object on its way; S3 takes 10,000 parts, so objects of 80 GB. */
const partBytes = 8 << 20;
/** Milliseconds for a connection, and for an answer that says nothing more. */
const connectionTimeout = 10_000;
const requestTimeout = 60_000;

export class S3Bucket implements Bucket {
  readonly place: string;
  readonly #client: S3Client;
  readonly #name: string;
  #exists = false;

  constructor({ endpoint, region, accessKeyId, secretAccessKey }: S3Options, name: string) {
    this.#name = name;
    this.place = `${endpoint ?? 's3:/'}/${name}`;
    this.#client = new S3Client({
      region,
      credentials: { accessKeyId, secretAccessKey },
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      requestHandler: { connectionTimeout, requestTimeout },
      // Other servers than Amazon's know nothing of its newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
  }

  async put(key: string, { type, pieces }: ObjectBody): Promise<void> {
    await this.#make();
    const upload = new Upload({
      client: this.#client,
      params: { Bucket: this.#name, Key: key, Body: ReadableStream.from(pieces()), ContentType: type },
      queueSize: 1,
      partSize: partBytes,
      leavePartsOnError: false,
    });
    await upload.done();
  }

  async status(key: string): Promise<ObjectStatus | undefined> {
    try {
      const found = await this.#client.send(new HeadObjectCommand({ Bucket: this.#name, Key: key }));
      return { key, size: found.ContentLength ?? 0, modified: found.LastModified?.getTime() ?? 0 };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#name, Key: key }));
    yield* Body as Readable;
  }

  async *list(prefix = ''): AsyncGenerator<ObjectStatus> {
    await this.#make();
    const asked = { Bucket: this.#name, Prefix: prefix };
    for await (const page of paginateListObjectsV2({ client: this.#client }, asked))
      for (const { Key, Size, LastModified } of page.Contents ?? [])
        yield { key: Key!, size: Size ?? 0, modified: LastModified?.getTime() ?? 0 };
  }

  async remove(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#name, Key: key }));
  }

  close(): void {
    this.#client.destroy();
  }

  /** Makes the bucket where there is none: a server that is new has none. */
  async #make(): Promise<void> {
    if (this.#exists) return;
    const Bucket = this.#name;
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket }));
    } catch (error) {
      if (!isAbsent(error)) throw error;
      await this.#client.send(new CreateBucketCommand({ Bucket })).catch((problem) => {
        // Another process was faster.
        if ((problem as Error).name !== 'BucketAlreadyOwnedByYou') throw problem;
      });
    }
    this.#exists = true;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}
