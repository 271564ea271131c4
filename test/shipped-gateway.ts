/** The gateway as its package has it, built from this clone: neither the compiler nor the sources are in its process. */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { type Running, repository, watching } from './running';

export class ShippedGateway {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Below the clone, whose packages it uses. */
  static async build(): Promise<ShippedGateway> {
    await mkdir(join(repository, '.build'), { recursive: true });
    const directory = await mkdtemp(join(repository, '.build/gateway-'));
    const script = join(repository, 'tools/build/gateway.ts');
    await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), script, directory]);
    return new ShippedGateway(directory);
  }

  start(...parameters: readonly string[]): Running {
    return watching(spawn(join(this.#directory, 'sluice-gateway.js'), parameters));
  }

  remove(): Promise<void> {
    return rm(this.#directory, { recursive: true, force: true });
  }
}

/** Bytes of memory that a process had at most; it still runs. */
export async function peakOf({ child: { pid } }: Running): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]);
}

export function hasEnded({ child: { exitCode, signalCode } }: Running): boolean {
  return exitCode !== null || signalCode !== null;
}
