/**
 * A disk in memory that can fill up, fail, and lose its power. What was written and not synced is lost then, in
 * part or in whole; what a directory sync has not covered may keep its old name. Killing a process loses nothing.
 */
import type { Storage, StorageFile } from '../../gateway/capture-directory/storage';

interface Content {
  bytes: Uint8Array;
  length: number;
  /** Bytes that survive a loss of power. */
  synced: number;
}

export class MemoryStorage implements Storage {
  /** Bytes the disk holds; writing more fails with ENOSPC. */
  capacity = Number.POSITIVE_INFINITY;
  /** Called before every operation that changes something; may throw. */
  fault?: (operation: string, path: string) => void;
  /** The process has been killed: nothing it still does has an effect. */
  private epoch = 0;
  private files = new Map<string, Content>();
  private readonly directories = new Set<string>(['/']);
  operations = 0;

  get used(): number {
    let sum = 0;
    for (const { length } of this.files.values()) sum += length;
    return sum;
  }

  /** The process is gone; handles of before do nothing any more. With `powerLoss` unsynced bytes are lost too. */
  kill(powerLoss: boolean, random: () => number): void {
    this.epoch++;
    if (!powerLoss) return;
    for (const content of this.files.values()) {
      const kept = content.synced + Math.floor(random() * (content.length - content.synced + 1));
      content.length = kept;
      content.synced = kept;
    }
  }

  async makeDirectory(path: string): Promise<void> {
    let at = '';
    for (const part of path.split('/').slice(1)) {
      at += `/${part}`;
      this.directories.add(at);
    }
  }

  async list(path: string): Promise<{ name: string; directory: boolean }[]> {
    const names = new Map<string, boolean>();
    const prefix = `${path}/`;
    const note = (entry: string, directory: boolean) => {
      if (!entry.startsWith(prefix)) return;
      const rest = entry.slice(prefix.length);
      const slash = rest.indexOf('/');
      names.set(slash < 0 ? rest : rest.slice(0, slash), slash >= 0 || directory);
    };
    for (const directory of this.directories) note(directory, true);
    for (const file of this.files.keys()) note(file, false);
    return [...names].map(([name, directory]) => ({ name, directory }));
  }

  async read(path: string): Promise<Uint8Array> {
    const content = this.find(path);
    return content.bytes.slice(0, content.length);
  }

  async readStart(path: string, length: number): Promise<Uint8Array> {
    const content = this.find(path);
    return content.bytes.slice(0, Math.min(length, content.length));
  }

  async open(path: string): Promise<StorageFile> {
    const epoch = this.epoch;
    let content = this.files.get(path);
    if (content === undefined) {
      this.change('open', path);
      content = { bytes: new Uint8Array(256), length: 0, synced: 0 };
      this.files.set(path, content);
    }
    return new MemoryFile(this, path, content, () => epoch === this.epoch);
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    this.change('replace', path);
    if (this.used + bytes.length > this.capacity) throw full(path);
    this.files.set(path, { bytes: bytes.slice(), length: bytes.length, synced: bytes.length });
  }

  async rename(from: string, to: string): Promise<void> {
    this.change('rename', from);
    const content = this.find(from);
    this.files.delete(from);
    this.files.set(to, content);
  }

  async remove(path: string): Promise<void> {
    this.change('remove', path);
    this.find(path);
    this.files.delete(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.change('sync-directory', path);
  }

  change(operation: string, path: string): void {
    this.operations++;
    this.fault?.(operation, path);
  }

  private find(path: string): Content {
    const content = this.files.get(path);
    if (content === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
    return content;
  }
}

function full(path: string): Error {
  return Object.assign(new Error(`no space left for ${path}`), { code: 'ENOSPC' });
}

class MemoryFile implements StorageFile {
  constructor(
    private readonly storage: MemoryStorage,
    private readonly path: string,
    private readonly content: Content,
    private readonly alive: () => boolean,
  ) {}

  get size(): number {
    return this.content.length;
  }

  async append(chunks: Uint8Array[]): Promise<void> {
    this.change('append');
    const { content } = this;
    for (const chunk of chunks) {
      const room = this.storage.capacity - this.storage.used;
      const taken = Math.min(chunk.length, Math.max(0, room));
      if (content.length + taken > content.bytes.length) {
        const larger = new Uint8Array(Math.max(2 * content.bytes.length, content.length + taken));
        larger.set(content.bytes.subarray(0, content.length));
        content.bytes = larger;
      }
      content.bytes.set(chunk.subarray(0, taken), content.length);
      content.length += taken;
      if (taken < chunk.length) throw full(this.path);
    }
  }

  async truncate(size: number): Promise<void> {
    this.change('truncate');
    this.content.length = size;
    this.content.synced = Math.min(this.content.synced, size);
  }

  async sync(): Promise<void> {
    this.change('sync');
    this.content.synced = this.content.length;
  }

  async close(): Promise<void> {}

  private change(operation: string): void {
    if (!this.alive()) throw Object.assign(new Error('the process is gone'), { code: 'EIO' });
    this.storage.change(operation, this.path);
  }
}
