/** One program a directory, ports named, a clean end. */
import process from 'node:process';
import { systemCode } from '../errors';
import { Lifecycle, onSignals } from '../lifecycle';
import { holdDirectory, noteRunning } from '../running';

export interface ProgramOptions {
  /** What it keeps is in here; made when it does not exist. */
  directory: string;
  /** Where it shows itself, for who starts it a second time. */
  address: string;
  /** URL of the cloud's HTTP door, where it has one: for who asks it. */
  cloud?: string;
}

/**
 * Resolves when all that `start` has handed to its Lifecycle runs; SIGINT and SIGTERM end it, and the process.
 * @throws when another process runs in the directory, or what `start` throws; then everything has ended again
 */
export async function runUntilSignal(
  { directory, address, cloud }: ProgramOptions,
  start: (owned: Lifecycle) => Promise<void>,
): Promise<void> {
  let exitCode = 0;
  const owned = new Lifecycle({
    onProblem: ({ message }, name) => {
      console.error(`sluice: ${name}: ${message}`);
      exitCode = 1;
    },
  });
  const endListening = onSignals(
    process,
    () => {
      if (process.stderr.isTTY) console.error('sluice: it ends (Ctrl-C again: at once)');
      void owned.close().then(() => process.exit(exitCode));
    },
    () => process.exit(1),
  );
  try {
    const lock = await holdDirectory(directory, address);
    await owned.start('the lock', () => ({ close: () => lock.release() }));
    await owned.start('the note of what runs', () =>
      noteRunning(directory, { address, ...(cloud !== undefined && { cloud }) }),
    );
    await start(owned);
  } catch (error) {
    await owned.close();
    endListening();
    throw error;
  }
}

/** Starts something that takes a port; says which one is in use, and what to do. @param port when the error names none */
export async function namingPort<T>(port: number, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (systemCode(error) !== 'EADDRINUSE') throw error;
    throw new Error(
      `port ${portOf(error) ?? port} is in use: end what uses it, or choose others with --port`,
    );
  }
}

/** Of a failed `listen`, itself or as a cause. */
function portOf(error: unknown): number | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { port } = at as { port?: unknown };
    if (typeof port === 'number') return port;
  }
  return undefined;
}
