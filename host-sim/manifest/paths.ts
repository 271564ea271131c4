/** Where things are: the repository, and the directories for what is made (`.build`) and what is fetched (`.cache`). */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const buildDirectory = join(root, '.build');
export const cacheDirectory = join(root, '.cache');
export const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
/** The simulator's counterpart of the SDK's `$(BUILD)`, with the files that a manifest may name there. */
export const sdkBuild = join(root, 'host-sim', 'moddable', 'build');
