/** What runs in a directory, and how it is: its own note, and what it answers. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runningIn } from '@sluice/common/running';
import type { StateView } from '@sluice/gateway/page-api/state';
import { bytesText, spanText } from './words';

export interface Status {
  directory: string;
  /** Of all that it keeps. */
  bytes: number;
  running: boolean;
  address?: string;
  pid?: number;
  /** Wall milliseconds. */
  since?: number;
  healthy?: boolean;
  problems?: string[];
  parts?: PartStatus[];
  /** Files that wait for the cloud, and those that it has refused. */
  files?: { waiting: number; failed: number };
}

export interface PartStatus {
  name: string;
  connected: boolean;
  since: number | null;
  /** Those that run. */
  streams: number;
  /** Readings that the gateway has had of it, now, over all its boots. */
  received: number;
  /** Readings that will never come, over all its boots: at least, and at most. */
  lost: number;
  lostAtMost: number;
  /** Of this boot, as the part told it last; null: it has told nothing yet. */
  told: { /** Wall milliseconds. */ at: number; captured: number; acknowledged: number } | null;
}

/** Milliseconds in which a program that is well answers. */
const patience = 3000;

export async function statusOf(directory: string): Promise<Status> {
  const bytes = await bytesIn(directory);
  const running = runningIn(directory);
  if (!running) return { directory, bytes, running: false };
  const { address, pid, since } = running;
  const base = { directory, bytes, running: true, address, pid, since };
  try {
    const health = await ask<{ message?: string; problems?: string[] }>(address, 'healthz');
    const state = await ask<StateView>(address, 'api/state');
    const { message, problems = message === undefined ? [] : [message] } = health.body;
    const parts = state.ok ? state.body.parts.map(partStatus) : undefined;
    return {
      ...base,
      healthy: health.ok,
      problems: [...problems, ...(state.ok ? syncProblems(state.body) : [])],
      ...(parts && { parts, files: state.body.files }),
    };
  } catch (error) {
    const { name, message } = error as Error;
    const reason = name === 'TimeoutError' ? `no answer within ${spanText(patience)}` : message;
    return { ...base, healthy: false, problems: [reason] };
  }
}

async function ask<Body>(address: string, path: string): Promise<{ ok: boolean; body: Body }> {
  const response = await fetch(new URL(path, address), { signal: AbortSignal.timeout(patience) });
  return { ok: response.ok, body: (await response.json()) as Body };
}

export function partStatus(part: StateView['parts'][number]): PartStatus {
  const { name, connected, since, streams, losses, statusAt } = part;
  const told = (of: 'captured' | 'acknowledged') => sum(streams.map(({ device }) => device?.[of] ?? 0));
  return {
    name,
    connected,
    since,
    streams: streams.filter(({ over }) => over === undefined).length,
    received: sum(streams.map(({ gateway }) => gateway?.received ?? 0)),
    lost: sum(losses.map(({ readings }) => readings)),
    lostAtMost: sum(losses.map(({ readings, atMost = readings }) => atMost)),
    told:
      statusAt === null
        ? null
        : { at: statusAt, captured: told('captured'), acknowledged: told('acknowledged') },
  };
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}

function syncProblems({ sync: { failures, lastError } }: StateView): string[] {
  return failures > 0 ? [`the sync has failed ${failures} times: ${lastError ?? 'no reason given'}`] : [];
}

async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return bytesIn(path);
      // What is deleted meanwhile takes nothing.
      return (await stat(path).catch(() => undefined))?.size ?? 0;
    }),
  );
  return sizes.reduce((total, size) => total + size, 0);
}

export function statusLines(status: Status, now: number): string[] {
  const {
    directory,
    bytes,
    running,
    address,
    pid,
    since,
    healthy,
    problems = [],
    parts = [],
    files,
  } = status;
  if (!running) return [`${directory}: nothing runs, ${bytesText(bytes)} are kept`];
  const lines = [
    `${directory}: runs since ${spanText(now - since!)} (process ${pid}) at ${address}, ${healthy ? 'well' : 'not well'}; ${bytesText(bytes)} are kept`,
    ...problems.map((problem) => `  ${problem}`),
  ];
  if (files) lines.push(`  ${files.waiting} files wait for the cloud, ${files.failed} were refused`);
  for (const part of parts) lines.push(`  ${partLine(part, now)}`);
  return lines;
}

/** What a part counts it tells once a minute, and is old by then: the gateway's own count is of now. */
function partLine(part: PartStatus, now: number): string {
  const { name, connected, since, streams, received, lost, lostAtMost, told } = part;
  const state = connected ? 'connected' : 'away';
  const span = since === null ? 'not seen yet' : `${state} for ${spanText(now - since)}`;
  const losses = lostAtMost > lost ? `${lost} to ${lostAtMost}` : `${lost}`;
  const account = told
    ? `; ${told.captured} captured since its start and ${told.acknowledged} acknowledged, as it told ${spanText(now - told.at)} ago`
    : '';
  return `${name}: ${span}; ${streams} ${streams === 1 ? 'stream' : 'streams'}, ${received} readings received, ${losses} lost${account}`;
}
