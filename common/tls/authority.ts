/**
 * The gateway's own certificate authority, made at the first start. Parts pin the authority's certificate, so
 * that the gateway may change its names and its key; no public authority is involved.
 *
 * Chosen for what the Moddable SDK's TLS does (8.2.3): TLS 1.2 with RSA key exchange signatures only, so both
 * keys are RSA-2048; it matches names only in a chain of two, so the authority's certificate is sent along and
 * names itself as its issuer's key; and it checks dates by a clock which an ESP32 does not have when it dials
 * for the first time, so the certificates are valid from 1970 on. The pin is what protects, not the date.
 */
import { webcrypto } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { madeOnce } from '../storage';
import { ownNames } from './own-names';

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};
const validity = { notBefore: new Date(0), notAfter: new Date(Date.UTC(2049, 11, 31)) };

export interface ServerIdentity {
  /** The authority's certificate: what a part pins. */
  authority: { der: Uint8Array; pem: string };
  /** PEM, for a TLS server: its certificate followed by the authority's, and its key. */
  certificate: string;
  key: string;
}

type KeyPair = webcrypto.CryptoKeyPair;

/**
 * Opens the authority in `directory`, or makes it there; its key is readable by its owner only. A certificate
 * for this machine's names and addresses, and for `names`, is made anew at each start.
 */
export function openAuthority(directory: string, names: string[] = []): Promise<ServerIdentity> {
  return issue(directory, 'Sluice gateway', [...ownNames(), ...names]);
}

/** A certificate by that authority for another than this machine, for this name alone. */
export function certificateFor(directory: string, name: string): Promise<ServerIdentity> {
  return issue(directory, 'Sluice machine', [name]);
}

async function issue(directory: string, subject: string, names: readonly string[]): Promise<ServerIdentity> {
  cryptoProvider.set(webcrypto as never);
  await fs.mkdir(directory, { recursive: true, mode: 0o700 });
  const { certificate: authority, keys } = await loadAuthority(directory);
  const own = await generateKeys();
  const leaf = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${subject}`,
    issuer: authority.subject,
    ...validity,
    publicKey: own.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(alternativeNames(names)),
      await SubjectKeyIdentifierExtension.create(own.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  return {
    authority: { der: new Uint8Array(authority.rawData), pem: authority.toString('pem') },
    certificate: `${leaf.toString('pem')}\n${authority.toString('pem')}\n`,
    key: await exportKey(own),
  };
}

async function loadAuthority(directory: string): Promise<{ certificate: X509Certificate; keys: KeyPair }> {
  const path = join(directory, 'authority.pem');
  const [key, certificate] = PemConverter.decode(await madeOnce(path, makeAuthority));
  if (key === undefined || certificate === undefined) throw new Error(`${path} is damaged`);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', key, algorithm, true, ['sign']);
  const read = new X509Certificate(certificate);
  const publicKey = await webcrypto.subtle.importKey('spki', read.publicKey.rawData, algorithm, true, [
    'verify',
  ]);
  return { certificate: read, keys: { privateKey, publicKey } };
}

/** Key and certificate, PEM. */
async function makeAuthority(): Promise<string> {
  const keys = await generateKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Sluice authority',
    ...validity,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${await exportKey(keys)}\n${certificate.toString('pem')}\n`;
}

function generateKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<KeyPair>;
}

async function exportKey(keys: KeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}

function serialNumber(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .replace(/^[89a-f]/, '7');
}

function alternativeNames(names: readonly string[]): { type: 'dns' | 'ip'; value: string }[] {
  const all = new Set(names);
  return [...all].map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value }));
}
