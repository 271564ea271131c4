/**
 * A gateway's receiving end as a process of its own, to be killed: `gateway-process DIRECTORY [QUOTA]`. Prints one
 * line of JSON when it listens. With a quota its storage has that many bytes, where no small disk can be mounted.
 */
import process from 'node:process';
import { openAuthority } from '../../common/tls/authority';
import { CaptureDirectory } from '../../gateway/capture-directory/capture-directory';
import { lockDirectory } from '../../gateway/capture-directory/lock';
import { NodeStorage, type StorageFile } from '../../gateway/capture-directory/storage';
import { LinkServer } from '../../gateway/link/link-server';
import { listen } from '../../gateway/link/listener';

const [path = '', quota] = process.argv.slice(2);

class QuotaStorage extends NodeStorage {
  private left = Number(quota);

  override async open(file: string): Promise<StorageFile> {
    const opened = await super.open(file);
    const append = opened.append.bind(opened);
    opened.append = async (chunks) => {
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (bytes > this.left) throw Object.assign(new Error('the quota is used up'), { code: 'ENOSPC' });
      await append(chunks);
      this.left -= bytes;
    };
    return opened;
  }
}

async function main(): Promise<void> {
  const storage = quota === undefined ? new NodeStorage() : new QuotaStorage();
  const directory = await CaptureDirectory.open({
    path: `${path}/capture`,
    storage,
    lock: lockDirectory,
    journalBytes: 200_000,
  });
  const write = (fields: object, message: string) => console.error(message, JSON.stringify(fields));
  const server = new LinkServer({
    directory,
    parts: {
      secret: (part) => (part.startsWith('part') ? 'a shared secret' : undefined),
      configuration: () => undefined,
    },
    log: { info: () => undefined, warn: write },
  });
  const identity = await openAuthority(`${path}/tls`);
  const listener = await listen({ server, port: 0, tls: identity });
  console.log(JSON.stringify({ port: listener.port, authority: identity.authority.pem }));
  process.once('SIGTERM', () => {
    void listener
      .close()
      .then(() => directory.close())
      .then(() => process.exit(0));
  });
}

void main();
