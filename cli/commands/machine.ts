/** `npx sluice cloud machine …`: the Viam machines that a cloud serves. */
import { type Command, Option } from 'commander';
import type { MachineOptions } from '../compose/machines';
import { stateDirectoryOf } from '../operate/directories';

const where = () =>
  new Option(
    '--directory <path>',
    'that start, serve or cloud keeps its state in (default: of what runs in the current folder, else .sluice-serve)',
  );
const placeOf = (directory: string | undefined) => stateDirectoryOf(directory, 'machines');

type Given = Omit<MachineOptions, 'directory'> & { directory?: string };

export function addMachineCommands(
  cloud: Command,
  guarded: <Values extends unknown[]>(
    action: (...values: Values) => Promise<void>,
  ) => (...values: Values) => Promise<void>,
): void {
  const machine = cloud
    .command('machine')
    .description('Viam machines that have their home here; a running cloud follows within a second');
  machine
    .command('add')
    .description('a new machine; its secret is shown once')
    .argument('<id>', 'its part id: what its data are called by')
    .argument('[file]', 'its Viam configuration; without one it only sends')
    .option('--project <app_id>', 'that its data belong to', 'sluice')
    .option('--unchecked', 'also with faults that this project knows of')
    .addOption(where())
    .action(
      guarded(async (id: string, file: string | undefined, options: Given & { project: string }) => {
        const { addMachine } = await import('../compose/machines');
        await addMachine(id, file, { ...options, directory: placeOf(options.directory) });
      }),
    );
  machine
    .command('configure')
    .description('another configuration of a machine, which it fetches within seconds')
    .argument('<id>')
    .argument('<file>', 'its Viam configuration')
    .option('--unchecked', 'also with faults that this project knows of')
    .addOption(where())
    .action(
      guarded(async (id: string, file: string, options: Given) => {
        const { configureMachine } = await import('../compose/machines');
        await configureMachine(id, file, { ...options, directory: placeOf(options.directory) });
      }),
    );
  machine
    .command('list')
    .description('every machine with its project')
    .option('--json', 'as one line of JSON')
    .addOption(where())
    .action(
      guarded(async (options: { directory?: string; json?: true }) => {
        const { listMachines } = await import('../compose/machines');
        listMachines({ ...options, directory: placeOf(options.directory) });
      }),
    );
  machine
    .command('remove')
    .description('take a machine’s secret and configuration away; what it has sent stays')
    .argument('<id>')
    .addOption(where())
    .action(
      guarded(async (id: string, { directory }: { directory?: string }) => {
        const { removeMachine } = await import('../compose/machines');
        await removeMachine(id, placeOf(directory));
      }),
    );
}
