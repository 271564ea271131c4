/** The Viam machines that a configuration says to dial, as it changes. */
import { readFileSync } from 'node:fs';
import type { Clock } from '@sluice/common/clock';
import { systemCode } from '@sluice/common/errors';
import type { Logger } from 'pino';
import type { RemotePlan } from '../../modules/config/machine';
import type { Problem } from '../../modules/config/problems';
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
  #problems: Problem[] = [];

  constructor(options: DialledMachinesOptions) {
    this.#options = options;
  }

  /** Why one is not dialled. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Dials those that are new or otherwise, lets go those that are no more; the others go on. */
  configure(remotes: readonly RemotePlan[]): void {
    const wanted = remotes.filter(({ dial }) => dial);
    for (const [name, { dialled, machine }] of this.#machines) {
      if (wanted.some((remote) => remote.name === name && keyOf(remote) === dialled)) continue;
      machine.close();
      this.#machines.delete(name);
    }
    this.#problems = [];
    for (const remote of wanted) if (!this.#machines.has(remote.name)) this.#dial(remote);
  }

  close(): void {
    for (const { machine } of this.#machines.values()) machine.close();
    this.#machines.clear();
  }

  #dial(remote: RemotePlan): void {
    const { name, address, dial, path } = remote;
    const { graph, log, clock } = this.#options;
    let authority: string | undefined;
    try {
      authority = dial!.authority && readFileSync(dial!.authority, 'utf8');
    } catch (error) {
      const message = `it cannot be read (${systemCode(error)}), and ${name} is not dialled`;
      this.#problems.push({ severity: 'error', code: 'wrong-type', path: `${path}.authority`, message });
      return;
    }
    const machine = new DialledMachine({
      remote: name,
      address,
      ...dial!,
      authority,
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
