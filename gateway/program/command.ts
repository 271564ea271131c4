/** The command line of the gateway alone: `sluice gateway`, and the program `sluice-gateway` of the package. */
import { realpathSync } from 'node:fs';
import process from 'node:process';
import { type Command, Option } from 'commander';
import { addAuthorityCommands } from './authority-command';
import { guarded } from './guarded';
import type { ProgramSettings } from './program-settings';

/** As commander gives them: those of the gateway, and a file that has others. */
type Given = Record<string, unknown> & { settings?: string; quiet?: true };

interface InstallGiven extends Given {
  user?: true;
  account?: string;
  unit: string;
  print?: true;
}

/**
 * Gives a command what belongs to a gateway: without another word it runs one.
 * @param page makes the page's files, and says where they lie
 */
export function gatewayCommand(command: Command, page: (settings: ProgramSettings) => Promise<string>): void {
  command.description('run the gateway alone; install it as a service; keep the authority that boards pin');
  const run = command
    .command('run', { isDefault: true })
    .description('take what parts capture, keep it, hand it on to a cloud; without this word it does so too');
  withGatewayOptions(run).action(
    guarded(async (configuration: string | undefined, { settings: file, quiet: _, ...flags }: Given) => {
      // Loaded only when asked for: `--help` needs none of it.
      const { programSettings } = await import('./program-settings');
      const read = () => programSettings(withConfiguration(configuration, flags), file);
      const settings = read();
      const { runGateway } = await import('./run');
      await runGateway({ settings, file, read, page });
    }),
  );
  addInstallCommand(command);
  addAuthorityCommands(command);
}

function addInstallCommand(gateway: Command): void {
  const command = gateway
    .command('install')
    .description('write a systemd unit that runs the gateway with these options');
  withGatewayOptions(command)
    .addOption(
      new Option('--user', 'a unit of your own, without root, instead of the system’s').conflicts('account'),
    )
    .option('--account <name>', 'whom the system’s unit runs as (default: who asks, also by sudo)')
    .option('--unit <name>', 'what it is called', 'sluice-gateway')
    .option('--print', 'show it, and write nothing')
    .action(
      guarded(async (configuration: string | undefined, given: InstallGiven) => {
        const { settings, quiet, user, account, unit, print, ...flags } = given;
        const { install } = await import('./install');
        await install({
          flags: withConfiguration(configuration, flags),
          ...(settings !== undefined && { settings }),
          user: user === true,
          ...(account !== undefined && { account }),
          unit,
          program: programWords(gateway),
          print: print === true,
          quiet: quiet === true,
        });
      }),
    );
}

function withConfiguration(configuration: string | undefined, flags: Record<string, unknown>) {
  return configuration === undefined ? flags : { ...flags, configuration };
}

/** What this very program was called by, so that it can be called so again. */
function programWords(gateway: Command): string[] {
  const { execPath, execArgv, argv } = process;
  return [execPath, ...execArgv, realpathSync(argv[1]!), ...(gateway.parent ? [gateway.name()] : [])];
}

function withGatewayOptions(command: Command): Command {
  return command
    .argument('[configuration]', "the main part's Viam configuration, JSON")
    .option('--settings <file>', 'JSON object with any of these options, in camel case')
    .option('--name <part>', "the main part's name (default: main)")
    .option('--app-id <id>', "`app_id` of the platform's messages (default: sluice)")
    .option('--directory <path>', 'where state is kept (default: .sluice-gateway; installed: below /var/lib)')
    .option(
      '--port <number>',
      "port of the page; the next is the link's, the fourth above it Viam's (default: 8470)",
    )
    .option('--host <address>', 'address of the page; beyond loopback users are required')
    .option('--insecure', 'plain text beyond loopback is meant')
    .option('--certificate <file>', 'of the page, PEM, with its chain, instead of the gateway’s own')
    .option('--private-key <file>', 'of that certificate, PEM')
    .option('--parts <folder>', "where each board's own configuration lies as <part>.json (default: beside)")
    .option('--link <address>', 'address on which boards are listened to (default: 0.0.0.0)')
    .option(
      '--viam <address>',
      "address on which Viam's clients are listened to (default: 127.0.0.1); on others the configuration lists keys",
    )
    .option('--cloud <url>', "the cloud's HTTP door; its key is SLUICE_CLOUD_KEY (default: port 8472 here)")
    .option('--alerts <file>', 'what alerts are raised for, and where they go: JSON')
    .option('--log-level <level>', 'error, warn, info or debug (default: info)');
}
