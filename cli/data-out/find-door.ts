/** Which cloud is meant: the one at an address, or the one that runs in a directory. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runningIn } from '@sluice/common/running';
import { readTextFile } from '@sluice/common/text-file';
import { stateDirectories } from '../operate/directories';
import { Door } from './door';
import type { DoorOptions } from './options';

/** Of `sluice cloud` as it comes. */
const usual = 'http://127.0.0.1:8472';

/** @throws a sentence: nothing with a cloud runs in the directory that was named, or the address is none */
export function findDoor({ address, directory, key, authority }: DoorOptions): Door {
  const found = address === undefined ? runningDoor(directory) : { address, authority: undefined };
  const pem = authority === undefined ? found.authority : certificatesOf(authority);
  return new Door({
    address: checked(found.address),
    ...(key !== undefined && { key }),
    ...(pem !== undefined && { authority: pem }),
  });
}

function runningDoor(directory: string | undefined): { address: string; authority: string | undefined } {
  for (const each of directory === undefined ? stateDirectories() : [directory]) {
    const address = runningIn(each)?.cloud;
    if (address === undefined) continue;
    // Of `serve`, and of `cloud`: whose certificate a door over TLS has.
    const authority = ['', 'authority']
      .map((folder) => join(each, folder, 'authority.pem'))
      .find((path) => existsSync(path));
    return { address, authority: authority === undefined ? undefined : certificatesOf(authority) };
  }
  if (directory === undefined) return { address: usual, authority: undefined };
  throw new Error(
    runningIn(directory)
      ? `what runs in ${directory} has no cloud of its own: name one with --address`
      : `nothing runs in ${directory}`,
  );
}

/** Without the private key that the authority's own file has beside. */
function certificatesOf(path: string): string {
  const found = readTextFile(path).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (found === null) throw new Error(`${path} has no certificate`);
  return found.join('\n');
}

function checked(address: string): string {
  const { protocol } = URL.canParse(address) ? new URL(address) : { protocol: '' };
  if (protocol === 'http:' || protocol === 'https:') return address;
  throw new Error(`'${address}' is no http: or https: URL`);
}
