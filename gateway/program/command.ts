/** The command line of the gateway alone: `sluice gateway`, and the program `sluice-gateway` of the package. */
import process from 'node:process';
import { sentenceOf } from '@sluice/common/errors';
import type { Command } from 'commander';
import type { ProgramSettings } from './program-settings';

/**
 * Gives a command the gateway's options and its action.
 * @param page makes the page's files, and says where they lie
 */
export function gatewayCommand(command: Command, page: (settings: ProgramSettings) => Promise<string>): void {
  command
    .description('run the gateway alone: take what parts capture, keep it, hand it on to a cloud')
    .argument('[configuration]', "the main part's Viam configuration, JSON")
    .option('--settings <file>', 'JSON object with any of these options, in camel case')
    .option('--name <part>', "the main part's name (default: main)")
    .option('--app-id <id>', "`app_id` of the platform's messages (default: sluice)")
    .option('--directory <path>', 'where state is kept (default: .sluice-gateway)')
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
    .option('--log-level <level>', 'error, warn, info or debug (default: info)')
    .action(async (configuration: string | undefined, { settings: file, ...flags }) => {
      try {
        const given = configuration === undefined ? flags : { ...flags, configuration };
        // Loaded only when asked for: `--help` needs none of it.
        const { programSettings } = await import('./program-settings');
        const settings = programSettings(given, file);
        const { runGateway } = await import('./run');
        await runGateway(settings, page);
      } catch (error) {
        console.error(`sluice: ${sentenceOf(error)}`);
        process.exitCode = 1;
      }
    });
}
