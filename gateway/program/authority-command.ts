/** `sluice gateway authority …`: what boards pin, kept elsewhere, brought to another machine, renewed. */
import { type Command, Option } from 'commander';
import type { Place } from './authority';
import { guarded } from './guarded';

const where = () =>
  new Option('--directory <path>', 'that gateway or serve keeps its state in').default('.sluice-gateway');

/** Loaded only when asked for: `--help` needs none of it. */
const actions = () => import('./authority');

export function addAuthorityCommands(gateway: Command): void {
  const authority = gateway
    .command('authority')
    .description('the certificate authority that boards pin: show it, copy it, bring it here, renew it');
  authority
    .command('show')
    .description('until when its certificate is valid, and what it is known by')
    .addOption(new Option('--hex', 'the certificate alone, as a board is flashed with it').conflicts('pem'))
    .addOption(new Option('--pem', 'the certificate alone, for browsers and other programs'))
    .addOption(where())
    .action(guarded(async (options: Place & { hex?: true; pem?: true }) => (await actions()).show(options)));
  authority
    .command('export')
    .description('a copy with its key, to be kept as a secret: it makes who has it the gateway of all boards')
    .argument('<file>', 'that is not there yet')
    .addOption(where())
    .action(guarded(async (file: string, options: Place) => (await actions()).copy(file, options)));
  authority
    .command('import')
    .description('take a copy as the authority here, for a gateway that boards know from another machine')
    .argument('<file>', 'that `authority export` has made')
    .option('--force', 'also in the place of another authority, which is kept beside')
    .addOption(where())
    .action(
      guarded(async (file: string, options: Place & { force?: true }) =>
        (await actions()).take(file, options),
      ),
    );
  authority
    .command('renew')
    .description('a certificate that ends later, of the same key: boards go on with the one that they have')
    .addOption(where())
    .action(guarded(async (options: Place) => (await actions()).renew(options)));
}
