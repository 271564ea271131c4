/**
 * Builds `gateway/dist`, or the directory that it is told: the package's program with its page. `npm run package -w
 * gateway` makes a tarball of it.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildPage } from '../../dashboard/build';
import { bundle } from './bundle';

const workspace = fileURLToPath(new URL('../../gateway', import.meta.url));
const out = resolve(process.argv[2] ?? join(workspace, 'dist'));
const entries = { 'sluice-gateway': join(workspace, 'program', 'sluice-gateway.ts') };
const needed = await bundle({ entries, out });
const { dependencies } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const missing = needed.filter((name) => !(name in dependencies));
if (missing.length > 0) throw new Error(`${workspace}/package.json does not name ${missing.join(', ')}`);
await buildPage(join(out, 'page'));
