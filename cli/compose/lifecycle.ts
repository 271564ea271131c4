/** What the commands that run until they are told to end have in common: one at a time, ports named, a clean end. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { isSluiceError, systemCode } from '@sluice/common/errors';
import { lockDirectory } from '@sluice/common/lock';

export interface Stoppable {
  close(): Promise<void>;
}

/** @throws when another process runs in `directory`, which shows itself at `address` */
export async function lockOnce(directory: string, address: string): Promise<Stoppable> {
  // Beside the file `lock` of earlier releases.
  const locked = join(directory, 'running');
  await mkdir(locked, { recursive: true });
  try {
    const lock = await lockDirectory(locked);
    return { close: async () => lock.release() };
  } catch (error) {
    if (!isSluiceError(error, 'directory-in-use')) throw error;
    throw new Error(`it runs already in ${directory}: see ${address}`);
  }
}

/** Starts something that takes a port; says which one is in use, and what to do. */
export async function namingPort<T>(what: string, port: number, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE') throw error;
    const { port: taken = port } = ((error as Error).cause ?? error) as { port?: number };
    throw new Error(`port ${taken} (${what}) is in use: end what uses it, or choose others with --port`);
  }
}

/** Ends what was started, the last first. */
export async function stopAll(started: Stoppable[]): Promise<void> {
  for (const part of started.splice(0).reverse()) await part.close();
}

export function stopOnSignals(started: Stoppable[]): void {
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      stopAll(started).then(
        () => process.exit(0),
        (error: Error) => {
          console.error(`sluice: ${error.message}`);
          process.exit(1);
        },
      );
    });
  }
}
