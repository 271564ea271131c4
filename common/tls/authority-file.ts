/**
 * What an authority is: `authority.pem` in its directory, readable by its owner alone. First its key, then the certificate
 * that it uses, then those before renewals, which boards may have pinned still.
 *
 * Renewed is the certificate, never the key or the name: TLS of the Moddable SDK (8.2.3) looks for the authority by its key's
 * identifier and checks signatures with the key in the certificate that is pinned, so whoever pinned one trusts all of this
 * key. The date of the pinned one counts too: that one opens no connection any more when it has ended.
 */
import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { SluiceError } from '../errors';
import { madeOnce } from '../storage';

cryptoProvider.set(webcrypto as never);

export const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};

/** When certificates begin: before any time that a board without a clock may take it for. */
export const always = new Date(0);
/** The last day that X.509 writes with two digits of the year. */
const firstEnd = new Date(Date.UTC(2049, 11, 31));

export type KeyPair = webcrypto.CryptoKeyPair;

export interface AuthorityFile {
  keys: KeyPair;
  certificate: X509Certificate;
  /** Of the same key, before renewals; the latest first. */
  former: X509Certificate[];
}

export function authorityPath(directory: string): string {
  return join(directory, 'authority.pem');
}

/** Reads it, or makes it when there is none. @throws SluiceError `authority-damaged` */
export async function openAuthorityFile(directory: string): Promise<AuthorityFile> {
  const path = authorityPath(directory);
  const make = async () => {
    const keys = await generateKeys();
    return authorityText({ keys, certificate: await certificateOf(keys, firstEnd), former: [] });
  };
  return parseAuthority(await madeOnce(path, make), path);
}

/** @param name what errors call it @throws SluiceError `authority-damaged` when key and certificates are not one authority */
export async function parseAuthority(text: string, name: string): Promise<AuthorityFile> {
  try {
    const [key, ...rest] = PemConverter.decodeWithHeaders(text);
    const [certificate, ...former] = rest.map(({ rawData }) => new X509Certificate(rawData));
    if (key?.type !== 'PRIVATE KEY' || certificate === undefined)
      throw new Error('a private key and a certificate are wanted');
    const keys = await keysOf(key.rawData, certificate);
    for (const each of [certificate, ...former])
      if (!(await each.verify({ publicKey: keys.publicKey, signatureOnly: true })))
        throw new Error('a certificate is not of the key');
    if (!certificate.getExtension(BasicConstraintsExtension)?.ca)
      throw new Error('the certificate is not of an authority');
    return { keys, certificate, former };
  } catch (error) {
    throw new SluiceError('authority-damaged', `${name} holds no authority: ${(error as Error).message}`, {
      path: name,
      cause: error,
    });
  }
}

/** PEM. */
export async function authorityText({ keys, certificate, former }: AuthorityFile): Promise<string> {
  const certificates = [certificate, ...former].map((each) => each.toString('pem'));
  return `${[await exportKey(keys), ...certificates].join('\n')}\n`;
}

/** A certificate of this key that ends later. */
export async function renewed(authority: AuthorityFile, end: Date): Promise<AuthorityFile> {
  const { keys, certificate, former } = authority;
  return { keys, certificate: await certificateOf(keys, end), former: [certificate, ...former] };
}

async function certificateOf(keys: KeyPair, notAfter: Date): Promise<X509Certificate> {
  return X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Sluice authority',
    notBefore: always,
    notAfter,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
}

async function keysOf(pkcs8: ArrayBuffer, certificate: X509Certificate): Promise<KeyPair> {
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']);
  const spki = certificate.publicKey.rawData;
  const publicKey = await subtle.importKey('spki', spki, algorithm, true, ['verify']);
  const probe = new Uint8Array(1);
  const signature = await subtle.sign(algorithm, privateKey, probe);
  if (!(await subtle.verify(algorithm, publicKey, signature, probe)))
    throw new Error('the certificate is not of the key');
  return { privateKey, publicKey };
}

export function generateKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<KeyPair>;
}

export async function exportKey(keys: KeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}

export function serialNumber(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .replace(/^[89a-f]/, '7');
}
