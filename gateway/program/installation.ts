/** What `gateway install` makes of a command line: a unit, its keys, and what its user does next. */
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { type ProgramSettings, programSettings, usualDirectory } from './program-settings';
import { environmentText, unitText } from './unit';

export interface InstallOptions {
  /** Of the gateway, as they were given; `configuration` among them. */
  flags: Readonly<Record<string, unknown>>;
  /** Path of a file of settings. */
  settings?: string;
  /** A unit of the user who asks, instead of the system's. */
  user: boolean;
  /** Whom a system's unit runs as. */
  account?: string;
  /** The unit's name, without `.service`. */
  unit: string;
  /** What runs the gateway: program and arguments before the gateway's own. */
  program: readonly string[];
}

export interface Installation {
  /** Whom it runs as; undefined: who asks. */
  account: string | undefined;
  unitPath: string;
  unitText: string;
  environmentPath: string;
  /** undefined: there are no keys in the environment. */
  environmentText: string | undefined;
  /** Shell commands; `replaced`: there was such a unit. */
  next(replaced: boolean): string[];
}

/** Flags that are paths, from where they were given. */
const paths = ['configuration', 'settings', 'directory', 'parts', 'certificate', 'privateKey', 'alerts'];
const stateRoot = '/var/lib';
const inStateRoot = /^\/var\/lib\/([\w./-]+)$/;
/** Above the page's port, those of the link and of Viam's API. */
const portOffsets = [0, 1, 4];

/** @throws a sentence when the gateway would not start with it, or it cannot stand in a unit */
export function planInstallation(options: InstallOptions): Installation {
  const { user, unit, settings: file } = options;
  if (!/^[\w.-]+$/.test(unit))
    throw new Error(`'${unit}' is no name of a unit: letters, digits, dots and dashes`);
  const settings = programSettings(options.flags, file);
  const account = user ? undefined : accountOf(options);
  const directory = directoryOf(options, settings);
  const stateDirectory = user ? undefined : belowStateRoot(directory);
  const isToBeMade = !user && stateDirectory === undefined && !existsSync(directory);
  const environmentPath = join(configurationFolder(user), `${unit}.env`);
  const secrets = secretVariables();
  const hasKeys = secrets !== undefined || existsSync(environmentPath);
  const text = unitText({
    description: `Sluice gateway of ${resolve(settings.configuration)}`,
    command: [...options.program, ...wordsOf(options, directory)],
    account,
    listensLow: portOffsets.some((offset) => settings.port + offset < 1024),
    ...(hasKeys && { environmentFile: environmentPath }),
    // Paths in a file of settings are from here.
    ...(file !== undefined && { workingDirectory: process.cwd() }),
    ...(stateDirectory !== undefined && { stateDirectory }),
  });
  return {
    account,
    unitPath: join(user ? join(userFolder(), 'systemd/user') : '/etc/systemd/system', `${unit}.service`),
    unitText: text,
    environmentPath,
    environmentText: secrets,
    next: (replaced) => [
      ...(isToBeMade ? [`sudo install -d -m 700 -o ${account} ${quoted(directory)}`] : []),
      ...nextCommands(unit, user, replaced),
    ],
  };
}

function nextCommands(unit: string, user: boolean, replaced: boolean): string[] {
  const control = user ? 'systemctl --user' : 'sudo systemctl';
  return [
    `${control} daemon-reload`,
    `${control} enable --now ${unit}`,
    ...(replaced ? [`${control} restart ${unit}`] : []),
    // Else it ends when its user logs out.
    ...(user ? ['loginctl enable-linger'] : []),
    `journalctl ${user ? '--user ' : ''}-u ${unit} -f`,
  ];
}

/** What systemd makes, and gives to whom it runs as; undefined: it would not take it for one name. */
function belowStateRoot(directory: string): string | undefined {
  return inStateRoot.exec(directory)?.[1];
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** The gateway's own words of its command line. */
function wordsOf({ flags, settings }: InstallOptions, directory: string): string[] {
  const { configuration, ...others } = { ...flags, settings, directory } as Record<string, unknown>;
  const options = Object.entries(others).flatMap(([name, value]) => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (value === undefined || value === false) return [];
    return value === true ? [flag] : [flag, absolute(name, String(value))];
  });
  return [...(configuration === undefined ? [] : [resolve(String(configuration))]), ...options];
}

const absolute = (name: string, value: string) => (paths.includes(name) ? resolve(value) : value);

/** The usual one of a program that somebody calls is a folder of where they are: of one that is installed it is not. */
function directoryOf({ flags, user, unit }: InstallOptions, { directory }: ProgramSettings): string {
  if (flags.directory !== undefined || directory !== usualDirectory) return resolve(directory);
  if (!user) return join(stateRoot, unit);
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), unit);
}

/** By default who asks, also by sudo: the configuration is theirs. */
function accountOf({ account = process.env.SUDO_USER ?? ownAccount() }: InstallOptions): string {
  if (account === undefined)
    throw new Error(
      'whom is the gateway to run as? --account names the user, who can read the configuration',
    );
  if (!/^[\w.-]+\$?$/.test(account)) throw new Error(`'${account}' is no name of a user`);
  return account;
}

/** undefined: root, who is not meant to run it unless that is said. */
function ownAccount(): string | undefined {
  const { uid, username } = userInfo();
  return uid === 0 ? undefined : username;
}

/** What programs of ours take from the environment are keys. */
function secretVariables(): string | undefined {
  const found = Object.entries(process.env).filter(([name, value]) => name.startsWith('SLUICE_') && value);
  return found.length === 0
    ? undefined
    : environmentText(Object.fromEntries(found) as Record<string, string>);
}

function configurationFolder(user: boolean): string {
  return user ? userFolder() : '/etc';
}

function userFolder(): string {
  return process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
}
