import type { link } from '../../proto/link.js';
import type { Boot } from '../outbox/streams';

/** As it came in a message; none is the boot before all. */
export const toBoot = (boot: link.IBoot | null | undefined): Boot => ({
  counter: boot?.counter ?? 0,
  random: boot?.random ?? 0,
});
