/**
 * What `sluice start` runs: the demonstration, or one's own configurations, with signals on their pins.
 *
 * In: paths and signals as they are typed. Out: texts and signals, checked. What is wrong in one place only is said, and
 * left out by the board; what is no configuration of its kind is not started.
 */
import { basename, extname, join } from 'node:path';
import { readTextFile } from '@sluice/common/text-file';
import { type RemotePlan, readMachine } from '@sluice/gateway/machine/machine';
import { type BoardName, boards } from '@sluice/host-sim/manifest/boards';
import { parsePins } from '@sluice/host-sim/signal-text';
import { lenientJson } from '../../modules/config/lenient';
import { demonstration } from './demonstration';
import { anySignals, type PinSignals } from './signals';

export interface SimulationFiles {
  /** Path of the board's own configuration. */
  config?: string;
  /** Path of the main part's. */
  main?: string;
  /** `34=constant:2000+sine:500,1.5` */
  pin: readonly string[];
  /** Of the board; default: an ESP32. */
  chip?: BoardName;
}

export interface SimulationPlan {
  /** The board's name. */
  part: string;
  /** Its own configuration. */
  configuration: string;
  /** The main part's, with the secret and the directory that it runs with. */
  machine: string;
  pins: PinSignals;
  secret: string;
  /** What is otherwise than the files have it. */
  notes: string[];
}

/** @param drawn the secret, where the main's file has none of its own @throws Error that says what is not as it must be */
export async function planSimulation(
  { config, main, pin, chip = 'esp32' }: SimulationFiles,
  { directory, drawn }: { directory: string; drawn: string },
): Promise<SimulationPlan> {
  const shown = await demonstration(chip);
  const configuration = config === undefined ? shown.configuration : readTextFile(config);
  const given = main === undefined ? shown.machine : readTextFile(main);
  const remotes = readMachine(given).remotes;
  const notes: string[] = [];
  const remote = remoteFor(config, remotes);
  const own = main === undefined && config !== undefined;
  const part = own ? nameOf(config) : (remote?.name ?? shown.part);
  const secret = (main !== undefined && remote?.secret) || drawn;
  const machine = machineText(given, { directory, part, secret, alone: own || !remote, notes });
  const pins = {
    ...(config === undefined ? shown.pins : anySignals(configuration, boards[chip].chip)),
    ...parsePins(pin, boards[chip].chip),
  };
  return { part, configuration, machine, pins, secret, notes };
}

/** The one that is named as the file is, else the first. */
function remoteFor(config: string | undefined, remotes: readonly RemotePlan[]): RemotePlan | undefined {
  const named = config && remotes.find(({ partNames }) => partNames.includes(nameOf(config)));
  return named || remotes[0];
}

interface MachineChanges {
  directory: string;
  part: string;
  secret: string;
  /** The board is the only remote, and nothing is added to what its own file captures. */
  alone: boolean;
  notes: string[];
}

function machineText(text: string, { directory, part, secret, alone, notes }: MachineChanges): string {
  const machine = JSON.parse(lenientJson(text).text) as {
    services?: { type?: string; attributes?: Record<string, unknown> }[];
    remotes?: Record<string, unknown>[];
  };
  machine.services ??= [];
  let manager = machine.services.find(({ type }) => type === 'data_manager');
  if (!manager) {
    manager = { ...newManager };
    machine.services.push(manager);
  }
  manager.attributes ??= {};
  const { capture_dir: asked } = manager.attributes;
  const kept = join(directory, 'capture');
  if (asked !== undefined && asked !== '')
    notes.push(`capture_dir ${String(asked)} is left alone: here it is ${kept}`);
  manager.attributes.capture_dir = kept;
  if (alone) machine.remotes = [{ name: part, address: `${part}.local:80` }];
  for (const remote of machine.remotes ?? []) if (remote.name === part) remote.secret = secret;
  return JSON.stringify(machine);
}

const newManager = { name: 'data_manager', type: 'data_manager', attributes: {} };

function nameOf(path: string): string {
  return basename(path, extname(path));
}
