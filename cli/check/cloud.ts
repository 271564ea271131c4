/** What a cloud would say of its configuration, of which it takes all or nothing. */
import { configurationFaults } from '../../cloud/configuration';
import { isPlaceholder } from '../../gateway/machine/placeholder';
import { systemReason } from './cannot-read';
import type { CheckCode } from './codes';
import type { Findings } from './finding';
import { meaning, nearest } from './nearest';

const codes: Readonly<Record<ReturnType<typeof configurationFaults>[number]['kind'], CheckCode>> = {
  unknown: 'unknown-attribute',
  missing: 'missing-attribute',
  type: 'wrong-type',
  range: 'out-of-range',
  value: 'bad-value',
};

export function checkCloud(text: string, findings: Findings): void {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    findings.error('json-syntax', '$', `${placeOf(text, error as Error)}comments are none of it either`);
    return;
  }
  for (const { kind, path, message, known } of configurationFaults(content)) {
    const wrong = kind === 'unknown' ? nearest(path.slice(path.lastIndexOf('.') + 1), known) : undefined;
    findings.add(meaning({ severity: 'error', code: codes[kind], path, message }, wrong));
  }
  checkAuthority(content, findings);
  checkSecrets(content, findings);
}

/** It is opened when the cloud starts. */
function checkAuthority(content: unknown, findings: Findings): void {
  const path = memberOf(memberOf(content, 'broker'), 'authority');
  const reason = typeof path === 'string' ? systemReason(path) : undefined;
  if (reason !== undefined) findings.error('cannot-read', 'broker.authority', `${path}: ${reason}`);
}

const secrets = [
  ['broker', 'password'],
  ['objects', 'secret_access_key'],
  ['influxdb', 'password'],
  ['influxdb', 'token'],
] as const;

function checkSecrets(content: unknown, findings: Findings): void {
  for (const [server, name] of secrets) {
    const secret = memberOf(memberOf(content, server), name);
    if (typeof secret === 'string' && isPlaceholder(secret))
      findings.warn('placeholder-secret', `${server}.${name}`, 'is what an example has in its place');
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function placeOf(text: string, { message }: Error): string {
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
  const before = text.slice(0, position).split('\n');
  return `line ${before.length}, column ${before.at(-1)!.length + 1} is not JSON; `;
}
