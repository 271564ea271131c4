/**
 * Reads a manifest with all it includes, as the SDK's `mcconfig` does (tools/mcmanifest.js of SDK 8.2.3): includes come
 * before the manifest that includes them, each file once; the platform's part is merged after the rest of its file;
 * `modules` and `preload` accumulate, `config`, `creation` and `defines` override.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BuildError } from './error';
import { sdkBuild } from './paths';

type Json = Record<string, unknown>;

export interface ModuleSource {
  /** As written: `./encoder`, `./*`, relative to `directory`. */
  source: string;
  directory: string;
  manifest: string;
}

export interface Manifest {
  /** Target (a module's name or a glob ending in `*`) → where it comes from. `~` excludes. */
  modules: Map<string, ModuleSource[]>;
  preload: { name: string; manifest: string }[];
  config: Json;
  creation: Json;
  defines: Json;
  partitionsFile: string | undefined;
  files: string[];
}

/** `$(NAME)` from the manifest's own `build`, the environment, or what the simulator sets. */
function expand(text: string, variables: Map<string, string>, manifest: string): string {
  return text.replace(/\$\(([^)]+)\)/g, (_, name: string) => {
    const value = variables.get(name) ?? process.env[name];
    if (value === undefined)
      throw new BuildError(
        `${manifest}: '$(${name})' is not known in the simulator; put it under "platforms"`,
      );
    return value;
  });
}

/** `name` as `sim/esp32`; keys may be exact, end in `/*`, begin with `*` and a slash, or be `...` for the rest. */
export function matchPlatform(platforms: Json, name: string): Json | undefined {
  for (let partial = name; partial; partial = partial.slice(0, Math.max(0, partial.lastIndexOf('/')))) {
    for (const [key, value] of Object.entries(platforms)) {
      const matches = key.endsWith('/*')
        ? partial.startsWith(key.slice(0, -1))
        : key.startsWith('*/')
          ? partial.endsWith(key.slice(1))
          : partial === key;
      if (matches) return value as Json;
    }
  }
  return platforms['...'] as Json | undefined;
}

function merge(into: Json, from: Json): void {
  for (const [key, value] of Object.entries(from)) {
    const before = into[key];
    if (value && typeof value === 'object' && !Array.isArray(value) && before && typeof before === 'object')
      merge(before as Json, value as Json);
    else into[key] = structuredClone(value);
  }
}

const asArray = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

class Reader {
  readonly result: Manifest = {
    modules: new Map(),
    preload: [],
    config: {},
    creation: {},
    defines: {},
    partitionsFile: undefined,
    files: [],
  };
  readonly #variables = new Map([['BUILD', sdkBuild]]);
  readonly #platform: string;

  constructor(platform: string) {
    this.#platform = platform;
  }

  read(path: string, from?: string): void {
    if (this.result.files.includes(path)) return;
    if (!existsSync(path)) throw new BuildError(`${from ? `${from}: ` : ''}'${path}': manifest not found`);
    this.result.files.push(path);
    let manifest: Json;
    try {
      manifest = JSON.parse(readFileSync(path, 'utf8')) as Json;
    } catch (error) {
      throw new BuildError(`${path}: ${(error as Error).message}`);
    }
    const parts = [manifest];
    const platform = manifest.platforms && matchPlatform(manifest.platforms as Json, this.#platform);
    if (platform) parts.push(platform as Json);
    for (const part of parts) this.#build(part, path);
    for (const part of parts) this.#include(part, path);
    for (const part of parts) this.#merge(part, path);
  }

  #build(part: Json, path: string): void {
    for (const [name, value] of Object.entries((part.build ?? {}) as Record<string, string>)) {
      if (name === 'PARTITIONS_FILE')
        this.result.partitionsFile = resolve(dirname(path), expand(value, this.#variables, path));
      else this.#variables.set(name, String(value));
    }
  }

  #include(part: Json, path: string): void {
    for (const item of asArray(part.include)) {
      if (typeof item !== 'string')
        throw new BuildError(`${path}: the simulator includes files only, no repositories`);
      this.read(resolve(dirname(path), expand(item, this.#variables, path)), path);
    }
  }

  #merge(part: Json, path: string): void {
    if (part.error) throw new BuildError(`${path}: ${String(part.error)}`);
    for (const [target, sources] of Object.entries((part.modules ?? {}) as Json)) {
      const list = this.result.modules.get(target) ?? [];
      this.result.modules.set(target, list);
      for (const item of asArray(sources)) {
        const source = typeof item === 'string' ? item : (item as { source: string }).source;
        list.push({
          source: expand(source, this.#variables, path),
          directory: dirname(path),
          manifest: path,
        });
      }
    }
    for (const name of asArray(part.preload))
      this.result.preload.push({ name: String(name), manifest: path });
    merge(this.result.config, (part.config ?? {}) as Json);
    merge(this.result.creation, (part.creation ?? {}) as Json);
    merge(this.result.defines, (part.defines ?? {}) as Json);
  }
}

/** `platform` as `sim/esp32`. Throws a BuildError that names the manifest. */
export function readManifest(path: string, platform: string): Manifest {
  const reader = new Reader(platform);
  reader.read(resolve(path));
  return reader.result;
}
