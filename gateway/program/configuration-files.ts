/** The configuration where it lies, as files: the machine's, and each board's own. Edited files take effect at once. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sentenceOf } from '@sluice/common/errors';
import { readTextFile } from '@sluice/common/text-file';
import { partLimits } from '../../modules/config/json';
import { isApplicable } from '../../modules/config/part';
import { partNameFault } from '../../modules/config/part-name';
import type { Problem } from '../../modules/config/problems';
import { readMachine } from '../machine/machine';
import { watchFolders } from './watched-folders';

export interface ConfigurationFilesOptions {
  /** Path of the machine's Viam configuration. */
  machine: string;
  /** Where each board's own configuration lies, as `<part>.json`; what is not there, the board keeps. */
  parts: string;
  /** What people are to read: problems, and whether a change was taken. */
  tell(severity: 'error' | 'warning' | 'info', message: string): void;
}

export class ConfigurationFiles {
  readonly #options: ConfigurationFilesOptions;

  constructor(options: ConfigurationFilesOptions) {
    this.#options = options;
  }

  /** The machine's configuration. @throws when it cannot be read, or is no object in JSON */
  machine(): string {
    const { machine, parts } = this.#options;
    const text = readTextFile(machine);
    if (!statSync(parts, { throwIfNoEntry: false })?.isDirectory())
      throw new Error(`${parts} is no directory: boards' own configurations are looked for there`);
    if (!this.#report(readMachine(text).problems)) throw new Error(`${machine} is no configuration`);
    return text;
  }

  /**
   * A part's own. A name that would name another folder is no part's.
   * @returns undefined too of a file that cannot be read, or is larger than a part reads, which is told: the part keeps what it has
   */
  part(name: string): string | undefined {
    if (partNameFault(name) !== undefined) return undefined;
    const path = join(this.#options.parts, `${name}.json`);
    if (!existsSync(path)) return undefined;
    try {
      const text = readTextFile(path);
      const length = Buffer.byteLength(text);
      if (length <= partLimits.bytes) return text;
      throw new Error(`${path} has ${length} bytes, and a part reads ${partLimits.bytes} at most`);
    } catch (error) {
      this.#options.tell('error', `${sentenceOf(error)}: ${name} keeps the configuration that it has`);
      return undefined;
    }
  }

  /** Calls `apply` with the machine's configuration whenever a file has changed and it can be used. */
  follow(apply: (machine: string) => void): { close(): void } {
    const { machine, parts, tell } = this.#options;
    const take = () => {
      try {
        const text = readTextFile(machine);
        const usable = this.#report(readMachine(text).problems);
        if (usable) apply(text);
        tell(
          'info',
          usable ? 'configuration taken: parts that it changes answer' : 'the configuration before goes on',
        );
      } catch (error) {
        tell('error', `the configuration before goes on: ${sentenceOf(error)}`);
      }
    };
    return watchFolders([dirname(machine), parts], (name) => name.endsWith('.json'), take);
  }

  /** @returns whether the text can be used at all */
  #report(problems: readonly Problem[]): boolean {
    const { machine, tell } = this.#options;
    for (const { severity, path, message } of problems)
      tell(severity, `${machine}: ${severity} at ${path}: ${message}`);
    return isApplicable(problems);
  }
}
