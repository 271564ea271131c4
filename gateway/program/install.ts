/** `gateway install`: a systemd unit for the gateway, written or shown. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { NodeStorage, replaceSecret } from '@sluice/common/storage';
import { ConfigurationFiles } from './configuration-files';
import { type InstallOptions, planInstallation } from './installation';
import { programSettings } from './program-settings';
import { firstLine } from './unit';

export interface InstallCommandOptions extends InstallOptions {
  /** Show the unit, and write nothing. */
  print: boolean;
  quiet: boolean;
}

/** @throws a sentence when it cannot be written, or the gateway would not start with it */
export async function install(options: InstallCommandOptions): Promise<void> {
  const { print, quiet, user } = options;
  const installation = planInstallation(options);
  readOnce(options);
  const { unitPath, environmentPath } = installation;
  if (print) {
    process.stdout.write(installation.unitText);
    return;
  }
  if (!user && process.getuid?.() !== 0)
    throw new Error(
      `${dirname(unitPath)} is root's: call it with sudo, or with --user for a unit of your own`,
    );
  const { account } = installation;
  if (account !== undefined) checkAccount(account);
  const before = await textOf(unitPath);
  if (before !== undefined && !before.startsWith(firstLine))
    throw new Error(`${unitPath} is there already, and not by this command: --unit gives another name`);
  await mkdir(dirname(unitPath), { recursive: true });
  if (installation.environmentText !== undefined)
    await replaceSecret(environmentPath, installation.environmentText);
  // Empty after a power cut, it would be taken for somebody else's.
  await new NodeStorage().replace(unitPath, Buffer.from(installation.unitText));
  if (quiet) return;
  console.log(
    `${unitPath} is written${installation.environmentText ? `, its keys in ${environmentPath}` : ''}`,
  );
  console.log('next:');
  for (const command of installation.next(before !== undefined)) console.log(`  ${command}`);
}

function checkAccount(account: string): void {
  if (spawnSync('id', ['-u', account]).status !== 0)
    throw new Error(`no user is called '${account}' here: sudo useradd --system ${account} makes one`);
}

/** What is wrong with the configuration is said here, not first in the journal. */
function readOnce({ flags, settings: file }: InstallOptions): void {
  const { configuration, parts = dirname(configuration) } = programSettings(flags, file);
  new ConfigurationFiles({
    machine: configuration,
    parts,
    tell: (severity, message) => {
      if (severity !== 'info') console.error(message);
    },
  }).machine();
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
