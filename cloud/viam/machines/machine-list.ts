/** Machines added, removed and listed: what the command line does to the file. A secret is told once and never again. */
import { dirname } from 'node:path';
import { makeKey } from '@sluice/common/access';
import { SluiceError } from '@sluice/common/errors';
import { NodeStorage, replaceSecret, type Storage } from '@sluice/common/storage';
import { type MachineFile, machineNamePattern, readMachineFile } from './machine-file';

export interface MachineView {
  id: string;
  project: string;
  configured: boolean;
  /** ISO 8601. */
  changed: string;
}

export class MachineList {
  readonly #storage: Storage;
  readonly #now: () => Date;

  constructor(
    readonly path: string,
    storage: Storage = new NodeStorage(),
    now: () => Date = () => new Date(),
  ) {
    this.#storage = storage;
    this.#now = now;
  }

  list(): MachineView[] {
    return readMachineFile(this.path).machines.map(({ id, project, configuration, changed }) => ({
      id,
      project,
      configured: configuration !== undefined,
      changed,
    }));
  }

  /**
   * @param configuration strict JSON
   * @returns the secret of a new machine @throws SluiceError `machine-exists`, `machine-invalid`
   */
  async add(id: string, project: string, configuration?: string): Promise<string> {
    for (const text of [id, project])
      if (!machineNamePattern.test(text))
        throw new SluiceError(
          'machine-invalid',
          `'${text}' is no name: 1 to 63 letters, digits, dots, underscores and dashes`,
        );
    return this.#change((file) => {
      if (file.machines.some((machine) => machine.id === id))
        throw new SluiceError('machine-exists', `'${id}' is a machine already: configure it, or remove it`);
      const { text, stored: secret } = makeKey(this.#now());
      const changed = this.#now().toISOString();
      file.machines.push({
        id,
        project,
        secret,
        ...(configuration !== undefined && { configuration }),
        changed,
      });
      return text;
    });
  }

  /** Another configuration of a machine, which it fetches within seconds. @throws SluiceError `machine-unknown` */
  async configure(id: string, configuration: string): Promise<void> {
    await this.#change((file) => {
      Object.assign(machineOf(file, id), { configuration, changed: this.#now().toISOString() });
    });
  }

  /** Its secret is of no use from now on; what it has sent stays. @throws SluiceError `machine-unknown` */
  async remove(id: string): Promise<void> {
    await this.#change((file) => {
      const machine = machineOf(file, id);
      file.machines = file.machines.filter((each) => each !== machine);
    });
  }

  async #change<T>(change: (file: MachineFile) => T): Promise<T> {
    const file = readMachineFile(this.path);
    const result = change(file);
    await this.#storage.makeDirectory(dirname(this.path));
    // A machine's configuration may have keys of its own in it.
    await replaceSecret(this.path, `${JSON.stringify(file, undefined, 2)}\n`, this.#storage);
    return result;
  }
}

function machineOf(file: MachineFile, id: string) {
  const machine = file.machines.find((each) => each.id === id);
  if (machine) return machine;
  throw new SluiceError('machine-unknown', `there is no machine '${id}'`);
}
