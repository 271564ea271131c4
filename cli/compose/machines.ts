/** The Viam machines of a cloud, as the command line changes them: checked before they are served. */
import { join, resolve } from 'node:path';
import { MachineList } from '@sluice/cloud/viam/machines/machine-list';
import { leftOutOf } from '@sluice/cloud/viam/machines/robot-config';
import { runningIn } from '@sluice/common/running';
import { readTextFile } from '@sluice/common/text-file';
import { lenientJson } from '../../modules/config/lenient';
import { parseMachine } from '../../modules/config/machine';
import { portOffsets } from './addresses';

export interface MachineOptions {
  directory: string;
  unchecked?: true;
}

/** Beside `users.json` of the same directory. */
export function machinesPath(directory: string): string {
  return join(resolve(directory), 'machines.json');
}

export async function addMachine(
  id: string,
  file: string | undefined,
  { directory, project, unchecked }: MachineOptions & { project: string },
): Promise<void> {
  const configuration = file === undefined ? undefined : checked(file, unchecked);
  const secret = await listOf(directory).add(id, project, configuration);
  console.log(
    `'${id}' has its home in ${resolve(directory)}. Its secret, shown this once, for "cloud" of its viam.json:`,
  );
  console.log(JSON.stringify({ id, secret, app_address: homeAddress(directory) }));
}

/** As this machine names it; what stands where nothing runs is where `serve` will be. */
function homeAddress(directory: string): string {
  const url = new URL(runningIn(directory)?.cloud ?? 'http://localhost:8472');
  url.port = String(Number(url.port) + portOffsets.viamCloud - portOffsets.cloud);
  return url.origin;
}

export async function configureMachine(
  id: string,
  file: string,
  { directory, unchecked }: MachineOptions,
): Promise<void> {
  await listOf(directory).configure(id, checked(file, unchecked));
  console.log(`'${id}' fetches it within seconds`);
}

export function listMachines({ directory, json }: { directory: string; json?: true }): void {
  const machines = listOf(directory).list();
  if (json) {
    console.log(JSON.stringify(machines));
    return;
  }
  if (machines.length === 0) console.log(`no machine has its home in ${resolve(directory)}`);
  for (const { id, project, configured, changed } of machines)
    console.log(`${id}  of ${project}  ${configured ? `configured ${changed}` : 'only sends'}`);
}

export async function removeMachine(id: string, directory: string): Promise<void> {
  await listOf(directory).remove(id);
  console.log(`'${id}' has its home here no more`);
}

const listOf = (directory: string) => new MachineList(machinesPath(directory));

/** Strict JSON. Faults and what is not handed on are told. @throws when there are faults, unless they are meant */
function checked(file: string, unchecked = false): string {
  const text = readTextFile(file);
  const { problems } = parseMachine(text);
  for (const { severity, path, message } of problems)
    console.error(`${file}: ${severity}: ${path}: ${message}`);
  const strict = lenientJson(text).text;
  // Whatever is meant: what is no JSON cannot be served.
  const machine = JSON.parse(strict) as unknown;
  if (problems.some(({ severity }) => severity === 'error') && !unchecked)
    throw new Error(`${file} has faults; --unchecked hands it on as it is`);
  for (const path of leftOutOf(machine))
    console.error(`${file}: ${path} has no place in Viam’s protocol: left out`);
  return strict;
}
