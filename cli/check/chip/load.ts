/** Lets Node load drivers from a clone: the modules of the SDK that they import are those of `modules.ts`. */
import { register } from 'node:module';

let registered = false;

/** Before the first import of `modules/resources`. A bundle has resolved them already, and is not touched by it. */
export function provideChipModules(): void {
  if (registered) return;
  registered = true;
  register('./hooks', import.meta.url);
}
