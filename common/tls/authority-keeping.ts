/** An authority looked at, kept elsewhere, brought to another machine, renewed: by its owner, with no program on it. */
import * as fs from 'node:fs/promises';
import { SluiceError } from '../errors';
import { replaceSecret } from '../storage';
import { type AuthorityFile, authorityPath, authorityText, parseAuthority, renewed } from './authority-file';

export interface AuthorityView {
  path: string;
  /** SHA-256 of the certificate, hexadecimal. */
  fingerprint: string;
  ends: Date;
  /** When those end that boards may have pinned before renewals; the latest renewal's first. */
  formerEnds: Date[];
  der: Uint8Array;
  pem: string;
}

/** Years that a renewed certificate is valid for, to the end of the last one. */
const renewedYears = 30;

/** @throws SluiceError `authority-missing`, `authority-damaged` */
export async function showAuthority(directory: string): Promise<AuthorityView> {
  return viewOf(directory, await readAuthority(directory));
}

/**
 * Writes a copy, key and all, that its owner alone can read.
 * @throws SluiceError `authority-exists` when there is such a file; as `showAuthority`
 */
export async function exportAuthority(directory: string, file: string): Promise<AuthorityView> {
  const authority = await readAuthority(directory);
  let copy: fs.FileHandle;
  try {
    copy = await fs.open(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new SluiceError('authority-exists', `${file} is there already: a copy replaces nothing`, {
      path: file,
    });
  }
  try {
    await copy.writeFile(await authorityText(authority));
    await copy.sync();
  } finally {
    await copy.close();
  }
  return viewOf(directory, authority);
}

/**
 * Takes a copy as the authority of this directory, whose lock its caller holds. One of another key, or one that ends later,
 * is replaced by `force` alone, and lies beside then.
 * @returns also where what was replaced lies
 * @throws SluiceError `authority-damaged`, `authority-ended`, `authority-exists`
 */
export async function importAuthority(
  directory: string,
  file: string,
  { force = false, now = Date.now() }: { force?: boolean; now?: number } = {},
): Promise<AuthorityView & { replaced?: string }> {
  const text = await fs.readFile(file, 'utf8');
  const authority = await parseAuthority(text, file);
  const { notAfter } = authority.certificate;
  if (notAfter.getTime() <= now)
    throw new SluiceError('authority-ended', `the authority in ${file} ended at ${notAfter.toISOString()}`, {
      path: file,
    });
  await fs.mkdir(directory, { recursive: true, mode: 0o700 });
  const before = await textIn(directory);
  const replaced = before === undefined ? undefined : await replacing(directory, before, authority, force);
  await replaceSecret(authorityPath(directory), await authorityText(authority));
  return { ...(await viewOf(directory, authority)), ...(replaced !== undefined && { replaced }) };
}

/**
 * Gives the authority of this directory, whose lock its caller holds, a certificate that ends later.
 * @returns undefined when it ends as late already @throws as `showAuthority`
 */
export async function renewAuthority(
  directory: string,
  now: number = Date.now(),
): Promise<AuthorityView | undefined> {
  const authority = await readAuthority(directory);
  const end = new Date(Date.UTC(new Date(now).getUTCFullYear() + renewedYears, 11, 31));
  if (authority.certificate.notAfter >= end) return undefined;
  const next = await renewed(authority, end);
  await replaceSecret(authorityPath(directory), await authorityText(next));
  return viewOf(directory, next);
}

async function readAuthority(directory: string): Promise<AuthorityFile> {
  const text = await textIn(directory);
  if (text === undefined)
    throw new SluiceError('authority-missing', `there is no authority in ${directory}`, { path: directory });
  return parseAuthority(text, authorityPath(directory));
}

async function textIn(directory: string): Promise<string | undefined> {
  try {
    return await fs.readFile(authorityPath(directory), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @returns where what is replaced lies from now on; undefined: the next one is all of it @throws SluiceError `authority-exists` */
async function replacing(
  directory: string,
  before: string,
  next: AuthorityFile,
  force: boolean,
): Promise<string | undefined> {
  const path = authorityPath(directory);
  const known = await parseAuthority(before, path).catch(() => undefined);
  const isSame = known?.certificate.publicKey.equal(next.certificate.publicKey) ?? false;
  if (isSame && known!.certificate.notAfter <= next.certificate.notAfter) return undefined;
  const what = isSame
    ? 'the same authority, which ends later'
    : 'another authority, which boards may have pinned';
  if (!force) throw new SluiceError('authority-exists', `${path} has ${what}: --force replaces it`, { path });
  const beside = `${path}.${new Date().toISOString().replace(/[^\dT]/g, '')}`;
  await replaceSecret(beside, before);
  return beside;
}

async function viewOf(directory: string, { certificate, former }: AuthorityFile): Promise<AuthorityView> {
  const fingerprint = Buffer.from(await certificate.getThumbprint('SHA-256')).toString('hex');
  return {
    path: authorityPath(directory),
    fingerprint,
    ends: certificate.notAfter,
    formerEnds: former.map(({ notAfter }) => notAfter),
    der: new Uint8Array(certificate.rawData),
    pem: certificate.toString('pem'),
  };
}
