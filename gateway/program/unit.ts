/**
 * A systemd unit for the gateway, as text.
 *
 * `ProtectSystem=full`, not `strict`: the configuration is read again while the gateway runs, and may name another
 * `capture_dir` at any time. No `ProtectHome`, since the usual one is in a home; no `PrivateDevices` and no
 * `ProtectClock`, which take cameras away; no `MemoryDenyWriteExecute`, which ends every program of Node.
 */
export interface Unit {
  description: string;
  /** Program and arguments. */
  command: readonly string[];
  /** Whom it runs as; undefined: it is a user's own unit. */
  account: string | undefined;
  /** Has the keys. */
  environmentFile?: string;
  workingDirectory?: string;
  /** Below /var/lib, made by systemd. */
  stateDirectory?: string;
  /** It listens on a port below 1024. */
  listensLow: boolean;
}

/** What a unit of ours begins with. */
export const firstLine =
  '# Written by `gateway install`, which replaces it when it is called again: changes belong into `systemctl edit`.';

/** Also for a user's own units, which may set up no namespaces everywhere. */
const hardening = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
  // The last one is how a program asks for its own addresses.
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'UMask=0077',
];

const hardeningOfSystem = [
  'ProtectSystem=full',
  'ProtectControlGroups=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectHostname=yes',
  'PrivateTmp=yes',
];

/** @throws when something in it cannot stand in a unit */
export function unitText(unit: Unit): string {
  const { account, command, description, environmentFile, stateDirectory, workingDirectory } = unit;
  const ofSystem = account !== undefined;
  const lines = [
    firstLine,
    '[Unit]',
    `Description=${escaped(description)}`,
    ...(ofSystem ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    // It is tried for ever: boards keep what they have only as long as their flash has room.
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${command.map(word).join(' ')}`,
    ...(ofSystem ? [`User=${escaped(account)}`] : []),
    ...(workingDirectory === undefined ? [] : [`WorkingDirectory=${escaped(workingDirectory)}`]),
    ...(environmentFile === undefined ? [] : [`EnvironmentFile=${escaped(environmentFile)}`]),
    ...(stateDirectory === undefined
      ? []
      : [`StateDirectory=${escaped(stateDirectory)}`, 'StateDirectoryMode=0700']),
    'Restart=on-failure',
    'RestartSec=5',
    // A command line that is not understood is not understood the next time either.
    'RestartPreventExitStatus=2',
    // Of the gateway alone: it ends what it has started.
    'KillMode=mixed',
    'TimeoutStopSec=90',
    ...hardening,
    ...(ofSystem ? hardeningOfSystem : []),
    ...(ofSystem ? capabilities(unit.listensLow) : []),
    '',
    '[Install]',
    `WantedBy=${ofSystem ? 'multi-user.target' : 'default.target'}`,
  ];
  return `${lines.join('\n')}\n`;
}

function capabilities(listensLow: boolean): string[] {
  if (!listensLow) return ['CapabilityBoundingSet='];
  const bind = 'CAP_NET_BIND_SERVICE';
  return [`CapabilityBoundingSet=${bind}`, `AmbientCapabilities=${bind}`];
}

/** Of a command line (systemd.service, "Command lines"). */
function word(text: string): string {
  const plain = escaped(text).replaceAll('\\', '\\\\').replaceAll('$', '$$$$');
  return /^[\w%+,./:=@-]+$/.test(plain) ? plain : `"${plain.replaceAll('"', '\\"')}"`;
}

/** Of a setting that takes the rest of its line (systemd.unit, "Specifiers"). */
function escaped(text: string): string {
  if (/[\n\r\0]/.test(text))
    throw new Error(`${JSON.stringify(text)} cannot stand in a unit: it has a line end`);
  return text.replaceAll('%', '%%');
}

/** The contents of an `EnvironmentFile`. @throws when a value cannot stand there */
export function environmentText(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      if (/[\n\r\0]/.test(value)) throw new Error(`${name} cannot stand in a file: it has a line end`);
      return `${name}="${value.replace(/[\\"$`]/g, '\\$&')}"\n`;
    })
    .join('');
}
