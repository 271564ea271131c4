/** Builds `gateway/dist`, the package's program with its page: `npm run package -w gateway` makes a tarball of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from '../../dashboard/build';
import { bundle } from './bundle';

const workspace = fileURLToPath(new URL('../../gateway', import.meta.url));
const out = join(workspace, 'dist');
const entries = { 'sluice-gateway': join(workspace, 'program', 'sluice-gateway.ts') };
const needed = await bundle({ entries, out });
const { dependencies } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};
const missing = needed.filter((name) => !(name in dependencies));
if (missing.length > 0) throw new Error(`${workspace}/package.json does not name ${missing.join(', ')}`);
await buildPage(join(out, 'page'));
