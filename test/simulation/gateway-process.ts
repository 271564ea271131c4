/**
 * A gateway's receiving end as a process of its own, to be killed: `gateway-process DIRECTORY [--quota BYTES]
 * [--journal BYTES]`. Prints one line of JSON when it listens. With a quota its storage has that many bytes, where no
 * small disk can be mounted; the journal is the outbox's, which makes checkpoints the oftener the shorter it is.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { NodeStorage } from '../../common/storage';
import type { StorageFile } from '../../common/storage/storage';
import { openAuthority } from '../../common/tls/authority';
import { LinkServer } from '../../gateway/link/link-server';
import { listen } from '../../gateway/link/listener';
import { Outbox } from '../../gateway/outbox/outbox';

const {
  positionals: [path = ''],
  values: { quota, journal },
} = parseArgs({
  allowPositionals: true,
  options: { quota: { type: 'string' }, journal: { type: 'string' } },
});

class QuotaStorage extends NodeStorage {
  #left = Number(quota);

  override async open(file: string): Promise<StorageFile> {
    return this.#limit(await super.open(file));
  }

  override async create(file: string): Promise<StorageFile> {
    return this.#limit(await super.create(file));
  }

  #limit(opened: StorageFile): StorageFile {
    const append = opened.append.bind(opened);
    opened.append = async (chunks) => {
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      if (bytes > this.#left) throw Object.assign(new Error('the quota is used up'), { code: 'ENOSPC' });
      await append(chunks);
      this.#left -= bytes;
    };
    return opened;
  }
}

async function main(): Promise<void> {
  const directory = await Outbox.open({
    path: `${path}/capture`,
    ...(quota === undefined ? {} : { storage: new QuotaStorage() }),
    ...(journal === undefined ? {} : { journalBytes: Number(journal) }),
  });
  const write = (fields: object, message: string) => console.error(message, JSON.stringify(fields));
  const server = new LinkServer({
    directory,
    parts: {
      secret: (part) => (part.startsWith('part') ? 'a shared secret' : undefined),
      configuration: () => undefined,
    },
    log: { info: () => undefined, warn: write, error: write },
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
