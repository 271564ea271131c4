/**
 * A bucket of an object store: objects by key, each written and replaced whole. README.md says what holds.
 */
export interface ObjectStatus {
  /** Segments joined with `/`. */
  key: string;
  /** Bytes. */
  size: number;
  /** Wall milliseconds at which it was written. */
  modified: number;
}

export interface ObjectBody {
  /** Bytes. */
  size: number;
  /** Media type. */
  type: string;
  /** What is in it, from the beginning each time it is called. */
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface Bucket {
  /** For people: where it is. */
  readonly place: string;
  /** Whoever reads meanwhile finds the old object or the new one, whole. */
  put(key: string, body: ObjectBody): Promise<void>;
  /** undefined: there is no such object. */
  status(key: string): Promise<ObjectStatus | undefined>;
  /** The object in pieces. @throws when there is none */
  read(key: string): AsyncIterable<Uint8Array>;
  /** All objects whose keys begin so, in the order of their keys' UTF-8. */
  list(prefix?: string): AsyncIterable<ObjectStatus>;
  /** Removes an object, if there is one. */
  remove(key: string): Promise<void>;
  close(): void;
}

/** `data` has the copies of raw files, `metadata` what is known of each (data formats, "Metadata in Minio"). */
export interface Buckets {
  data: Bucket;
  metadata: Bucket;
}
