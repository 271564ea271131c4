/** The machines that this cloud serves, as a running cloud knows them: a change is known within a second. */
import { WatchedFile, type WatchedFileOptions } from '@sluice/common/access';
import { readMachineFile, type StoredMachine } from './machine-file';

export class Machines {
  readonly #file: WatchedFile<ReadonlyMap<string, StoredMachine>>;

  /** @throws when the file is there and cannot be read: who may come in is then not known */
  constructor(options: Omit<WatchedFileOptions<unknown>, 'read'>) {
    this.#file = new WatchedFile({ ...options, read: readMachines });
  }

  /** Whether there is any: their secrets then close the door to those who have none. */
  get configured(): boolean {
    return this.#file.content.size > 0;
  }

  get(id: string): StoredMachine | undefined {
    return this.#file.content.get(id);
  }
}

function readMachines(path: string): ReadonlyMap<string, StoredMachine> {
  return new Map(readMachineFile(path).machines.map((machine) => [machine.id, machine]));
}
