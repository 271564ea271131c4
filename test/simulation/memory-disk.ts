/**
 * A disk in memory, of a gateway that can be killed. It can fill up, and lose its power: what was appended and not
 * synced is then lost from some byte on. Killing the process alone loses nothing, and nothing the process still had
 * under way happens any more.
 */
import type { Storage, StorageFile } from '../../gateway/capture-directory/storage';

interface Content {
  bytes: Uint8Array;
  length: number;
  /** Bytes that survive a loss of power. */
  synced: number;
}

/** Around a sync, for a death at the worst moment. */
export type Moment = 'before' | 'after';

export class MemoryDisk {
  /** Bytes it holds; writing more fails with ENOSPC. */
  capacity = Number.POSITIVE_INFINITY;
  /** Syncs so far, and what to do at the next ones. */
  syncs = 0;
  onSync?: (moment: Moment) => void;
  /** How long a sync takes, when it takes any time. */
  pause?: () => Promise<void>;
  epoch = 0;
  readonly files = new Map<string, Content>();
  readonly directories = new Set<string>(['/']);

  /** For one life of the process. */
  mount(): Storage {
    return new MemoryStorage(this, this.epoch);
  }

  get used(): number {
    let sum = 0;
    for (const { length } of this.files.values()) sum += length;
    return sum;
  }

  kill(powerLoss: boolean, random: () => number): void {
    this.epoch++;
    if (!powerLoss) return;
    for (const content of this.files.values()) {
      content.length = content.synced + Math.floor(random() * (content.length - content.synced + 1));
      content.synced = content.length;
    }
  }
}

const never = new Promise<never>(() => undefined);

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

class MemoryStorage implements Storage {
  constructor(
    readonly disk: MemoryDisk,
    private readonly epoch: number,
  ) {}

  /** A dead process goes no further. */
  async alive(): Promise<void> {
    if (this.epoch !== this.disk.epoch) await never;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.alive();
    let at = '';
    for (const part of path.split('/').slice(1)) {
      at += `/${part}`;
      this.disk.directories.add(at);
    }
  }

  async list(path: string): Promise<{ name: string; directory: boolean }[]> {
    await this.alive();
    const names = new Map<string, boolean>();
    const prefix = `${path}/`;
    const note = (entry: string, directory: boolean) => {
      if (!entry.startsWith(prefix)) return;
      const [name = '', ...rest] = entry.slice(prefix.length).split('/');
      names.set(name, rest.length > 0 || directory);
    };
    for (const directory of this.disk.directories) note(directory, true);
    for (const file of this.disk.files.keys()) note(file, false);
    return [...names].map(([name, directory]) => ({ name, directory }));
  }

  async read(path: string): Promise<Uint8Array> {
    return this.readStart(path, Number.POSITIVE_INFINITY);
  }

  async readStart(path: string, length: number): Promise<Uint8Array> {
    await this.alive();
    const content = this.find(path);
    return content.bytes.slice(0, Math.min(length, content.length));
  }

  async open(path: string): Promise<StorageFile> {
    await this.alive();
    const { files } = this.disk;
    const content = files.get(path) ?? { bytes: new Uint8Array(256), length: 0, synced: 0 };
    files.set(path, content);
    return new MemoryFile(this, path, content);
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await this.alive();
    if (this.disk.used + bytes.length > this.disk.capacity) throw failure('ENOSPC', path);
    this.disk.files.set(path, { bytes: bytes.slice(), length: bytes.length, synced: bytes.length });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.alive();
    const content = this.find(from);
    this.disk.files.delete(from);
    this.disk.files.set(to, content);
  }

  async remove(path: string): Promise<void> {
    await this.alive();
    this.find(path);
    this.disk.files.delete(path);
  }

  async syncDirectory(): Promise<void> {
    await this.alive();
  }

  private find(path: string): Content {
    const content = this.disk.files.get(path);
    if (content === undefined) throw failure('ENOENT', path);
    return content;
  }
}

class MemoryFile implements StorageFile {
  constructor(
    private readonly storage: MemoryStorage,
    private readonly path: string,
    private readonly content: Content,
  ) {}

  get size(): number {
    return this.content.length;
  }

  async append(chunks: Uint8Array[]): Promise<void> {
    await this.storage.alive();
    const { content } = this;
    const { disk } = this.storage;
    for (const chunk of chunks) {
      const taken = Math.min(chunk.length, Math.max(0, disk.capacity - disk.used));
      if (content.length + taken > content.bytes.length) {
        const larger = new Uint8Array(Math.max(2 * content.bytes.length, content.length + taken));
        larger.set(content.bytes.subarray(0, content.length));
        content.bytes = larger;
      }
      content.bytes.set(chunk.subarray(0, taken), content.length);
      content.length += taken;
      if (taken < chunk.length) throw failure('ENOSPC', this.path);
    }
  }

  async truncate(size: number): Promise<void> {
    await this.storage.alive();
    this.content.length = size;
    this.content.synced = Math.min(this.content.synced, size);
  }

  async sync(): Promise<void> {
    await this.storage.alive();
    const { disk } = this.storage;
    disk.syncs++;
    await disk.pause?.();
    await this.storage.alive();
    disk.onSync?.('before');
    await this.storage.alive();
    this.content.synced = this.content.length;
    disk.onSync?.('after');
    await this.storage.alive();
  }

  async close(): Promise<void> {}
}
