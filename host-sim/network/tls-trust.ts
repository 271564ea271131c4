/**
 * Whom the SDK's TLS trusts: `ssl/cert` of SDK 8.2.3, without the public authorities that it carries as resources. A name
 * is looked for in all certificates but the last, so a chain of one never matches; and in their SAN alone.
 */
import { X509Certificate } from 'node:crypto';

/** @param chain DER, the server's own first @param date Unix time in milliseconds */
export function isTrusted(
  chain: readonly Uint8Array[],
  pinned: Uint8Array | undefined,
  serverName: string,
  date: number,
): boolean {
  const certificates = chain.map(parse);
  const authority = pinned && parse(pinned);
  const last = certificates[certificates.length - 1]!;
  let match = false;
  for (const [index, certificate] of certificates.slice(0, -1).entries()) {
    match ||= namesOf(certificate).some((name) => isName(name, serverName.toLowerCase()));
    const issuer = certificates[index + 1]!;
    if (!isValidAt(certificate, date) || !certificate.verify(issuer.publicKey)) continue;
    if (authority && issuer.checkIssued(authority) && issuer.verify(authority.publicKey)) return match;
  }
  if (!isValidAt(last, date)) return false;
  return authority !== undefined && last.verify(authority.publicKey) && match;
}

export function isValid(certificate: Uint8Array, date: number): boolean {
  return isValidAt(parse(certificate), date);
}

function isValidAt({ validFrom, validTo }: X509Certificate, date: number): boolean {
  return Date.parse(validFrom) < date && date < Date.parse(validTo);
}

/** `DNS:…` and `IP Address:…` of the SAN. */
function namesOf({ subjectAltName }: X509Certificate): string[] {
  return (subjectAltName ?? '').split(', ').map((name) => name.slice(name.indexOf(':') + 1).toLowerCase());
}

function isName(name: string, serverName: string): boolean {
  if (!name.startsWith('*')) return name === serverName;
  const dot = serverName.indexOf('.');
  return dot >= 0 && name.slice(1) === serverName.slice(dot);
}

function parse(der: Uint8Array): X509Certificate {
  return new X509Certificate(der);
}
