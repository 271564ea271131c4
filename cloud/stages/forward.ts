/**
 * A stage whose store is a server or a program elsewhere: it hands on what arrives, keeps its position in a file of its
 * own behind that, and sets aside what can never be taken.
 */
import type { Storage } from '@sluice/common/storage';
import type { Arrival, Position } from '../inbox/arrival';
import { PositionFile } from './position-file';
import type { BadArrival, Stage } from './stage';

export interface ForwardOptions {
  storage: Storage;
  /** The file in which the stage's position is kept. */
  state: string;
  /** Where it begins without one. */
  first: Position;
  onProblem(problem: Error): void;
}

/** Arrivals that can never be taken, with the reason of each. */
export type Refused = Map<Arrival, string>;

export abstract class Forward implements Stage {
  abstract readonly name: string;
  readonly #position: PositionFile;

  protected constructor(position: PositionFile) {
    this.#position = position;
  }

  protected static openPosition({ storage, state, first, onProblem }: ForwardOptions): Promise<PositionFile> {
    return PositionFile.open(storage, state, first, onProblem);
  }

  position(): Position {
    return this.#position.position;
  }

  async process(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    const refused: Refused = new Map();
    await this.forward(batch, refused);
    if (refused.size > 0) await setAside([...refused].map(([arrival, reason]) => ({ arrival, reason })));
    await this.#position.move(upTo);
  }

  abstract close(): Promise<void> | void;

  /** Hands a batch on. Resolves when the other side has it, but for what is put into `refused`. @throws to come again */
  protected abstract forward(batch: readonly Arrival[], refused: Refused): Promise<void>;
}
