/** The Viam machines that a configuration says to dial, as it changes. */
import type { Clock } from '@sluice/common/clock';
import type { Logger } from 'pino';
import type { RemotePlan } from '../../modules/config/machine';
import type { ResourceGraph } from '../resources/resource-graph';
import { DialledMachine } from './dialled-machine';

export interface DialledMachinesOptions {
  graph: ResourceGraph;
  log: Logger;
  clock: Clock;
}

export class DialledMachines {
  readonly #options: DialledMachinesOptions;
  /** By remote: with what it was dialled. */
  readonly #machines = new Map<string, { dialled: string; machine: DialledMachine }>();

  constructor(options: DialledMachinesOptions) {
    this.#options = options;
  }

  /** Dials those that are new or otherwise, lets go those that are no more; the others go on. */
  configure(remotes: readonly RemotePlan[]): void {
    const wanted = remotes.filter(({ dial }) => dial);
    for (const [name, { dialled, machine }] of this.#machines) {
      if (wanted.some((remote) => remote.name === name && keyOf(remote) === dialled)) continue;
      machine.close();
      this.#machines.delete(name);
    }
    for (const remote of wanted) if (!this.#machines.has(remote.name)) this.#dial(remote);
  }

  close(): void {
    for (const { machine } of this.#machines.values()) machine.close();
    this.#machines.clear();
  }

  #dial(remote: RemotePlan): void {
    const { name, address, dial } = remote;
    const { graph, log, clock } = this.#options;
    const machine = new DialledMachine({
      remote: name,
      address,
      ...dial!,
      graph,
      clock,
      changed: (isThere, reason) => {
        if (isThere) log.info({ remote: name, address }, 'a Viam machine is there');
        else log.warn({ remote: name, address, reason }, 'a Viam machine is away; it is dialled every 10 s');
      },
    });
    this.#machines.set(name, { dialled: keyOf(remote), machine });
    machine.start();
  }
}

function keyOf({ address, dial }: RemotePlan): string {
  return JSON.stringify([address, dial]);
}
