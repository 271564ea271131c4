/**
 * How a program's doors are opened: whom its users are, with which certificate. One set for the page, the API and the
 * cloud's doors; links to boards have their own proof.
 */
import { join } from 'node:path';
import { isLoopback } from '../../proto/loopback';
import { type Access, checkAccess, Users } from '../access';
import { readTextFile } from '../text-file';
import { followNames, openAuthority } from '../tls';

export interface DoorOptions {
  /** Address that the doors listen on. */
  host: string;
  /** Plain text beyond loopback is meant. */
  insecure?: boolean | undefined;
  /** Paths of a certificate (with its chain) and its key, PEM, instead of one by the authority of `authority`. */
  certificate?: string | undefined;
  privateKey?: string | undefined;
}

export interface DoorPlaces {
  /** Holds `users.json`. */
  directory: string;
  /** Directory of the certificate authority. */
  authority: string;
  onProblem(problem: Error): void;
}

export type DoorAccess = Access & { users: Users };

/** @throws a sentence when they must not be opened so */
export async function doorAccess(options: DoorOptions, places: DoorPlaces): Promise<DoorAccess> {
  const { host, insecure = false } = options;
  const users = new Users({ path: join(places.directory, 'users.json'), onProblem: places.onProblem });
  const plain = insecure || isLoopback(host);
  const access = { host, users, insecure };
  // Before a certificate is made: without users nothing is opened anyhow.
  checkAccess({ ...access, insecure: true });
  return plain ? access : { ...access, tls: await certificateOf(options, places.authority) };
}

async function certificateOf(
  { host, certificate, privateKey }: DoorOptions,
  authority: string,
): Promise<NonNullable<Access['tls']>> {
  if ((certificate === undefined) !== (privateKey === undefined))
    throw new Error('a certificate and its private key go together: --certificate and --private-key');
  if (certificate !== undefined && privateKey !== undefined)
    return { certificate: readTextFile(certificate), key: readTextFile(privateKey) };
  const names = host === '0.0.0.0' || host === '::' ? [] : [host];
  const identity = await openAuthority(authority, names);
  return { certificate: identity.certificate, key: identity.key };
}

/** Gives doors a new certificate when this machine's names have changed, as long as the authority makes them. */
export function followCertificate(
  access: DoorAccess,
  options: DoorOptions,
  { authority, onProblem }: DoorPlaces,
  renew: (tls: NonNullable<Access['tls']>) => void,
): { close(): Promise<void> } {
  if (!access.tls || options.certificate !== undefined) return { close: async () => undefined };
  const end = followNames(async () => renew(await certificateOf(options, authority)), onProblem);
  return { close: async () => end() };
}
