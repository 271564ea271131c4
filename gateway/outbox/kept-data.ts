/**
 * Plain data of those who know the parts, kept beside the blocks: one file, replaced as a whole.
 *
 * What holds: nothing is written over what could not be read. It is what nobody can tell once more: what was lost, which
 * boots are over and not accounted for yet, which devices call themselves by one name.
 */
import { basename, dirname, join } from 'node:path';
import { asError, systemCode } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import { Turn } from './turn';

export class KeptData {
  /** What was kept last, also by a gateway before this one. */
  data: unknown;
  readonly #storage: Storage;
  readonly #path: string;
  readonly #onProblem: (path: string, error: Error) => void;
  readonly #check: (data: unknown) => void;
  readonly #turn = new Turn();

  /** @param check throws where it is not what was kept */
  constructor(
    storage: Storage,
    path: string,
    onProblem: (path: string, error: Error) => void,
    check: (data: unknown) => void = () => undefined,
  ) {
    this.#storage = storage;
    this.#path = path;
    this.#onProblem = onProblem;
    this.#check = check;
  }

  /**
   * At a start. Where there is none it is a first start; what is damaged is kept aside, and then it is one too.
   * @throws what the storage says where it cannot be read, or not be kept aside: nothing has changed
   */
  async read(): Promise<void> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#storage.read(this.#path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      throw error;
    }
    try {
      const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      this.#check(data);
      this.data = data;
    } catch (error) {
      await this.#keepAside(asError(error));
    }
  }

  /** Never rejects. */
  async keep(data: unknown): Promise<void> {
    this.data = data;
    const bytes = new TextEncoder().encode(JSON.stringify(data));
    await this.#turn
      .run(() => this.#storage.replace(this.#path, bytes))
      .catch((error: Error) => this.#onProblem(this.#path, error));
  }

  /** Resolves when everything that was given is written. */
  idle(): Promise<void> {
    return this.#turn.run(async () => undefined);
  }

  /** Under a name that no other has. */
  async #keepAside(reason: Error): Promise<void> {
    const directory = dirname(this.#path);
    const names = new Set((await this.#storage.list(directory)).map(({ name }) => name));
    let number = 1;
    while (names.has(asideName(this.#path, number))) number++;
    const aside = join(directory, asideName(this.#path, number));
    await this.#storage.rename(this.#path, aside);
    await this.#storage.syncDirectory(directory);
    const sentence = `what was known of the parts is damaged, and begins anew (${reason.message}); it was kept as ${aside}`;
    this.#onProblem(this.#path, new Error(sentence, { cause: reason }));
  }
}

function asideName(path: string, number: number): string {
  return `${basename(path)}.damaged-${number}`;
}
