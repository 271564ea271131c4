/**
 * Who may use a door. Doors bind to loopback; on any other address a key is required. Requests that a foreign web
 * page makes a browser send are refused by their Origin, and those of a rebound name by their Host.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

export interface Access {
  /** Address to bind to. */
  host: string;
  /** Secret that every request has to show; required when `host` is not loopback. */
  key?: string;
}

/** Throws when the doors would be open to others without a key. */
export function checkAccess({ host, key }: Access): void {
  if (!key && !isLoopback(host)) {
    throw new Error(`a key is required to listen on ${host}: only loopback addresses are open without one`);
  }
}

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** Compares in constant time, whatever the lengths. */
export function keyMatches(expected: string, shown: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(shown));
}

export interface RequestHeaders {
  host?: string | undefined;
  origin?: string | undefined;
  authorization?: string | undefined;
}

/** Why a request is refused: an HTTP status and a sentence; undefined when it may pass. */
export function refuse(
  access: Access,
  { host = '', origin, authorization = '' }: RequestHeaders,
): { status: 401 | 403; message: string } | undefined {
  if (!access.key && !isLoopback(host.replace(/:\d+$/, ''))) {
    return { status: 403, message: 'the Host header does not name this machine' };
  }
  if (origin !== undefined && !sameHost(origin, host)) {
    return { status: 403, message: 'requests of other web pages are refused' };
  }
  if (access.key && !keyMatches(`Bearer ${access.key}`, authorization)) {
    return { status: 401, message: 'the key is missing or wrong' };
  }
  return undefined;
}

function sameHost(origin: string, host: string): boolean {
  try {
    return new URL(origin).host === host;
  } catch {
    return false; // `null` and what is no URL
  }
}
