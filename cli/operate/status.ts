/** What runs in a directory, and how it is: its own note, and what it answers. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runningIn } from '@sluice/common/program';
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
  streams: number;
  captured: number;
  acknowledged: number;
  lost: number;
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

function partStatus({ name, connected, since, streams, losses }: StateView['parts'][number]): PartStatus {
  const sum = (of: 'captured' | 'acknowledged') =>
    streams.reduce((total, { device }) => total + (device?.[of] ?? 0), 0);
  return {
    name,
    connected,
    since,
    streams: streams.length,
    captured: sum('captured'),
    acknowledged: sum('acknowledged'),
    lost: losses.reduce((total, { readings }) => total + readings, 0),
  };
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
  for (const part of parts) {
    const state = part.connected ? 'connected' : 'away';
    const span = part.since === null ? 'not seen yet' : `${state} for ${spanText(now - part.since)}`;
    const readings = `${part.captured} readings captured, ${part.acknowledged} acknowledged, ${part.lost} lost`;
    lines.push(`  ${part.name}: ${span}; ${part.streams} streams, ${readings}`);
  }
  return lines;
}
