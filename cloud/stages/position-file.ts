/** The position of a stage whose store cannot keep it: a small file, replaced whole. */
import { dirname } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { z } from 'zod';
import type { Position } from '../inbox/arrival';

const schema = z.object({ version: z.literal(1), position: z.int().min(0) });

export class PositionFile {
  readonly #storage: Storage;
  readonly #path: string;
  #position: Position;

  private constructor(storage: Storage, path: string, position: Position) {
    this.#storage = storage;
    this.#path = path;
    this.#position = position;
  }

  /** @param first where a stage begins that has no file, or a damaged one, which `onProblem` is told */
  static async open(
    storage: Storage,
    path: string,
    first: Position,
    onProblem: (problem: Error) => void,
  ): Promise<PositionFile> {
    await storage.makeDirectory(dirname(path));
    // A process may have been killed before it synced the name that is read here: the power could still take it back.
    await storage.syncDirectory(dirname(path));
    if ((await storage.status(path)) === undefined) return new PositionFile(storage, path, first);
    try {
      const { position } = schema.parse(JSON.parse(Buffer.from(await storage.read(path)).toString()));
      return new PositionFile(storage, path, position);
    } catch (error) {
      const sentence = `${path} cannot be read: its stage begins at the oldest arrival`;
      onProblem(new Error(sentence, { cause: error }));
      return new PositionFile(storage, path, first);
    }
  }

  get position(): Position {
    return this.#position;
  }

  /** Durable when it resolves. Only ever forward: what is stored again has a position that was passed. */
  async move(position: Position): Promise<void> {
    if (position <= this.#position) return;
    await this.#storage.replace(this.#path, Buffer.from(JSON.stringify({ version: 1, position })));
    this.#position = position;
  }
}
