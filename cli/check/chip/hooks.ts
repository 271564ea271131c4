/** Node's hooks for `load.ts`: they run in a thread of their own. */
import type { ResolveHook } from 'node:module';
import { pathToFileURL } from 'node:url';
import { chipModule } from './modules';

export const resolve: ResolveHook = (specifier, context, next) => {
  const file = chipModule(specifier, fileOf(context.parentURL));
  return file === undefined
    ? next(specifier, context)
    : { url: pathToFileURL(file).href, shortCircuit: true, format: 'module' };
};

function fileOf(url: string | undefined): string | undefined {
  return url?.startsWith('file:') ? url.replace(/[?#].*/, '') : undefined;
}
