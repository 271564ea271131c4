/** What of the file of settings a gateway that runs follows: where its cloud is, and by which key it is known there. */
import { basename, dirname } from 'node:path';
import { asError } from '@sluice/common/errors';
import type { GatewayCloud } from '../gateway';
import type { ProgramSettings } from './program-settings';
import { watchFolders } from './watched-folders';

export interface SettingsFileOptions {
  /** Its path. */
  file: string;
  /** Those that the gateway was started with. */
  settings: ProgramSettings;
  /** Those of now. @throws a sentence */
  read(): ProgramSettings;
  /** The cloud is elsewhere, or known by another key. */
  reach(cloud: GatewayCloud): void;
  tell(severity: 'error' | 'warn' | 'info', message: string): void;
}

const followed: readonly (keyof ProgramSettings)[] = ['cloud', 'appId', 'cloudKey', 'cloudReadKey'];

export function cloudOf({ cloud, appId, cloudKey, cloudReadKey }: ProgramSettings): GatewayCloud {
  return {
    address: cloud,
    appId,
    ...(cloudKey !== undefined && { key: cloudKey }),
    ...(cloudReadKey !== undefined && { readKey: cloudReadKey }),
  };
}

export function followSettings({ file, settings, read, reach, tell }: SettingsFileOptions): {
  close(): void;
} {
  let known = settings;
  const take = () => {
    try {
      const now = read();
      const changed = (Object.keys({ ...known, ...now }) as (keyof ProgramSettings)[]).filter(
        (name) => known[name] !== now[name],
      );
      known = now;
      const others = changed.filter((name) => !followed.includes(name));
      if (others.length > 0)
        tell('warn', `${file}: ${others.join(', ')} takes effect when the gateway starts again`);
      if (changed.length === others.length) return;
      reach(cloudOf(now));
      tell('info', `${file}: what is delivered goes to ${now.cloud} from now on`);
    } catch (error) {
      tell('error', `the settings before go on: ${asError(error).message}`);
    }
  };
  const name = basename(file);
  return watchFolders([dirname(file)], (other) => other === name, take);
}
