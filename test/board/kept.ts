/** What the firmware takes on each chip, and what the linker says of it, against what is kept in `kept.json`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildKind, LinkedFirmware } from './sdk-build';

const root = join(import.meta.dirname, '..', '..');

export const platforms = ['esp32', 'esp32/esp32c3', 'esp32/esp32s3'] as const;
export const kinds: readonly BuildKind[] = ['release', 'debug'];

/** Share by which a measure may exceed what is kept before somebody has to look. */
export const slack = 0.05;

const measures = ['flashBytes', 'keys', 'slots', 'aliases'] as const;
export type Sizes = Record<(typeof measures)[number], number>;

export interface Kept {
  /** By `<platform> <kind>`. */
  sizes: Record<string, Sizes>;
  /** Of objects of the SDK. */
  warningsOfTheSdk: string[];
  /** Of ours, each with the reason why it stays. */
  warningsOfOurs: Record<string, string>;
}

/** What `--keep` writes for a warning that it did not know. Somebody has to say why it stays before it counts as known. */
export const noReason = '';

export const keptFile = join(import.meta.dirname, 'kept.json');

export function readKept(): Kept {
  return JSON.parse(readFileSync(keptFile, 'utf8')) as Kept;
}

export function sizesOf(firmware: LinkedFirmware): Sizes {
  const { flashBytes, keys, slots, aliases } = firmware;
  return { flashBytes, keys, slots, aliases };
}

/** What exceeds the kept table, in sentences. */
export function excesses(firmware: LinkedFirmware, kept: Kept): string[] {
  const name = `${firmware.platform} ${firmware.kind}`;
  const before = kept.sizes[name];
  if (!before) return [`${name} is not in the kept table`];
  const sizes = sizesOf(firmware);
  return measures
    .filter((measure) => sizes[measure] > before[measure] * (1 + slack))
    .map((measure) => `${name}: ${measure} ${sizes[measure]}, kept ${before[measure]} + ${slack * 100} %`);
}

/** What the linker says that nobody has looked at. */
export function newWarnings(firmware: LinkedFirmware, kept: Kept): string[] {
  const { warningsOfTheSdk, warningsOfOurs } = kept;
  return firmware.warnings.filter(
    (warning) => !warningsOfTheSdk.includes(warning) && (warningsOfOurs[warning] ?? noReason) === noReason,
  );
}

/** What the manifests of our folders list. */
export function listedModules(): string[] {
  const folders = readdirSync(join(root, 'modules')).map((name) => join('modules', name));
  return [...folders, 'proto'].flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'manifest.json'), 'utf8')) as {
      modules: Record<string, string>;
    };
    return Object.keys(manifest.modules);
  });
}
