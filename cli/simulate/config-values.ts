/** Values of `mc/config` from the command line: texts, as `mcconfig` takes them, unless the manifest says otherwise. */
import { resolve } from 'node:path';
import type { BoardName } from '@sluice/host-sim/manifest/boards';
import { readManifest } from '@sluice/host-sim/manifest/manifest';

/** What the manifest gives. @param firmware a manifest.json, or its directory */
export function manifestConfig(firmware: string, board: BoardName): Record<string, unknown> {
  const path = firmware.endsWith('.json') ? resolve(firmware) : resolve(firmware, 'manifest.json');
  return readManifest(path, `sim/${board}`).config;
}

/**
 * `name=value`: a name that the manifest gives a text stays a text, also when it is all digits, as a password may be.
 * @param known by name
 * @throws Error that names what is not of its type
 */
export function configValues(
  assignments: readonly string[],
  known: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const equals = assignment.indexOf('=');
      if (equals < 1) throw new Error(`--config ${assignment}: name=value wanted`);
      const name = assignment.slice(0, equals);
      const like = Object.hasOwn(known, name) ? known[name] : undefined;
      return [name, valueLike(name, assignment.slice(equals + 1), like)];
    }),
  );
}

function valueLike(name: string, text: string, like: unknown): unknown {
  if (typeof like === 'string') return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = text;
  }
  if (like !== undefined && typeof value !== typeof like)
    throw new Error(
      `--config ${name}: the manifest has a ${typeof like} there, not ${JSON.stringify(value)}`,
    );
  return value;
}
