/** `npx sluice serve CONFIG`: cloud and gateway for real boards. */
import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { ServeOptions } from '../compose/serve';
import { guarded, tellingProgress } from '../output';
import { parsePort } from './start';

export function register(program: Command): void {
  program
    .command('serve')
    .description('run the cloud and the gateway for real boards, and print how they are flashed')
    .argument('<configuration>', "the main part's Viam configuration, JSON")
    .option('--name <part>', "the main part's name", 'main')
    .option('--app-id <id>', "`app_id` of the platform's messages", parseAppId, 'sluice')
    .option('--port <number>', 'port of the page; the five above it are taken too', parsePort, 8470)
    .option('--parts <folder>', "where each board's own configuration lies as <part>.json (default: beside)")
    .option('--link <address>', 'address on which boards are listened to', '0.0.0.0')
    .option(
      '--host <address>',
      'of page, API and the cloud’s doors; beyond loopback users are required',
      '127.0.0.1',
    )
    .option('--insecure', 'plain text beyond loopback is meant')
    .option('--certificate <file>', 'of those doors, PEM, with its chain, instead of the gateway’s own')
    .option('--private-key <file>', 'of that certificate, PEM')
    .option(
      '--viam <address>',
      "address on which Viam's clients are listened to; for others than this machine's the configuration lists keys",
      '127.0.0.1',
    )
    .option('--json', 'print all addresses as one line of JSON when everything runs')
    .option(
      '--time-zone <zone>',
      "IANA name of the zone in which the cloud's days begin (default: what --cloud says, else UTC)",
      parseTimeZone,
    )
    .option('--cloud <file>', "the cloud's configuration, JSON: stores, broker, projects")
    .option('--alerts <file>', 'what alerts are raised for, and where they go: JSON')
    .option('--directory <path>', 'where state is kept', '.sluice-serve')
    .action(
      guarded(async (configuration: string, options: ServeOptions) => {
        // What runs already is found before what takes seconds to load.
        const { holdDirectory } = await import('@sluice/common/running');
        const address = `http://localhost:${options.port}/`;
        (await holdDirectory(resolve(options.directory), address)).release();
        await tellingProgress('starting the cloud and the gateway: some seconds', async () => {
          // Loaded only when asked for: the other commands need none of it.
          const { serve } = await import('../compose/serve');
          await serve({ ...options, configuration, parts: options.parts ?? dirname(configuration) });
        });
      }),
    );
}

export function parseTimeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('must be a time zone such as Europe/Berlin.');
  }
}

function parseAppId(text: string): string {
  if (/^[\w-]+$/.test(text)) return text;
  throw new InvalidArgumentError('must be of letters, digits, underscores and dashes.');
}
