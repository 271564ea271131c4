/** Server certificates as somebody else would have them made: by any authority, for any names, of any time. */
import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};

export interface Authority {
  certificate: X509Certificate;
  keys: webcrypto.CryptoKeyPair;
}

/** What a TLS server of Node takes. */
export interface ServerCertificate {
  cert: string;
  key: string;
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ]) as Promise<webcrypto.CryptoKeyPair>;
}

const always = { notBefore: new Date(0), notAfter: new Date(Date.UTC(2049, 11, 31)) };

export async function makeAuthority(): Promise<Authority> {
  cryptoProvider.set(webcrypto as never);
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Authority of a test',
    ...always,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

/** @param alone without the authority's certificate behind it */
export async function issue(
  authority: Authority,
  name: string,
  { notBefore, notAfter, alone = false }: { notBefore?: Date; notAfter?: Date; alone?: boolean } = {},
): Promise<ServerCertificate> {
  const keys = await makeKeys();
  const leaf = await X509CertificateGenerator.create({
    serialNumber: '02',
    subject: 'CN=Server of a test',
    issuer: authority.certificate.subject,
    notBefore: notBefore ?? always.notBefore,
    notAfter: notAfter ?? always.notAfter,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const chain = alone ? [leaf] : [leaf, authority.certificate];
  return {
    cert: chain.map((certificate) => certificate.toString('pem')).join('\n'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
  };
}
