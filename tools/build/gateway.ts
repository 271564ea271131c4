/** Builds `gateway/dist`, the package's program with its page: `npm run package -w gateway` makes a tarball of it. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPage } from '../../dashboard/build';
import { bundle } from './bundle';

const workspace = fileURLToPath(new URL('../../gateway', import.meta.url));
const directory = await bundle({ workspace, entry: 'program/sluice-gateway.ts', out: 'dist' });
await buildPage(join(directory, 'page'));
