/**
 * Servers' certificates by the gateway's own certificate authority, which is made at the first start. Parts pin the
 * authority's certificate, so that the gateway may change its names and its key; no public authority is involved.
 *
 * Chosen for what the Moddable SDK's TLS does (8.2.3): TLS 1.2 with RSA key exchange signatures only, so both
 * keys are RSA-2048; it matches names only in a chain of two, so the authority's certificate is sent along and
 * names itself as its issuer's key; and it checks dates by a clock which an ESP32 does not have when it dials
 * for the first time, so the certificates are valid from 1970 on. The pin is what protects, not the date.
 */
import * as fs from 'node:fs/promises';
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import {
  algorithm,
  always,
  exportKey,
  generateKeys,
  openAuthorityFile,
  serialNumber,
} from './authority-file';
import { ownNames } from './own-names';

export interface ServerIdentity {
  /** The authority's certificate: what a part pins. */
  authority: { der: Uint8Array; pem: string };
  /** PEM, for a TLS server: its certificate followed by the authority's, and its key. */
  certificate: string;
  key: string;
}

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
  await fs.mkdir(directory, { recursive: true, mode: 0o700 });
  const { certificate: authority, keys } = await openAuthorityFile(directory);
  const own = await generateKeys();
  const leaf = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${subject}`,
    issuer: authority.subject,
    notBefore: always,
    notAfter: authority.notAfter,
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

function alternativeNames(names: readonly string[]): { type: 'dns' | 'ip'; value: string }[] {
  const all = new Set(names);
  return [...all].map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value }));
}
