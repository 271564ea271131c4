/** What `gateway authority …` does, and says. All throw what `common/tls` throws, or a sentence when a program runs there. */
import { join, resolve } from 'node:path';
import { whileNothingRuns } from '@sluice/common/running';
import {
  type AuthorityView,
  exportAuthority,
  importAuthority,
  renewAuthority,
  showAuthority,
} from '@sluice/common/tls';

export interface Place {
  /** That a gateway keeps its state in. */
  directory: string;
  quiet?: true;
}

const keptIn = (directory: string) => join(resolve(directory), 'gateway');

export async function show({ directory, hex, pem }: Place & { hex?: true; pem?: true }): Promise<void> {
  const authority = await showAuthority(keptIn(directory));
  if (hex) console.log(Buffer.from(authority.der).toString('hex'));
  else if (pem) console.log(authority.pem);
  else {
    console.log(authority.path);
    console.log(`SHA-256 ${authority.fingerprint}`);
    console.log(`ends ${dayOf(authority.ends)}`);
    for (const end of authority.formerEnds) console.log(former(end));
  }
}

export async function copy(file: string, { directory, quiet }: Place): Promise<void> {
  const { fingerprint } = await exportAuthority(keptIn(directory), file);
  if (!quiet) console.log(`${file} has the authority ${fingerprint}, with its key: keep it as a secret`);
}

export async function take(file: string, options: Place & { force?: true }): Promise<void> {
  const directory = resolve(options.directory);
  const taken = await whileNothingRuns(directory, () =>
    importAuthority(keptIn(directory), file, { force: options.force === true }),
  );
  if (options.quiet) return;
  console.log(`${taken.path} is the authority ${taken.fingerprint}, and ends ${dayOf(taken.ends)}`);
  if (taken.replaced !== undefined) console.log(`the one before is kept as ${taken.replaced}`);
}

export async function renew(options: Place): Promise<void> {
  const directory = resolve(options.directory);
  // Before the lock, which would make the directory.
  const before = await showAuthority(keptIn(directory));
  const after = await whileNothingRuns(directory, () => renewAuthority(keptIn(directory)));
  if (options.quiet) return;
  if (after === undefined) console.log(`nothing is to be renewed: it ends ${dayOf(before.ends)}`);
  else sayRenewed(before, after);
}

function sayRenewed(before: AuthorityView, after: AuthorityView): void {
  console.log(`${after.path} ends ${dayOf(after.ends)} now`);
  console.log(former(before.ends));
  console.log('boards get the new one when they are flashed: `authority show --hex`');
}

const former = (end: Date) =>
  `boards that pinned the certificate before it connect until ${dayOf(end)}, then no more`;

const dayOf = (date: Date) => date.toISOString().slice(0, 10);
