/** In the package, for `dashboard/build`: the page was built when it was packed. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';

export async function buildPage(directory: string): Promise<void> {
  await cp(join(import.meta.dirname, 'page'), directory, { recursive: true });
}
