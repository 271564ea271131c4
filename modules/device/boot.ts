/** Which boot this is: a counter kept in NVS and 32 random bits; see "Boot id" in ARCHITECTURE.md. */
import type { BootId } from '../block/types';
import { note, type Preferences } from './settings';

/**
 * Counts this boot. The random bits make the id unique should the counter be lost with the NVS; they are weak before
 * the radio is on, which is why they are not alone.
 * @param random uniform in [0, 1)
 */
export function drawBootId(preferences: Preferences, random: () => number): BootId {
  const stored = preferences.get('boot');
  const counter = ((typeof stored === 'number' ? stored : 0) + 1) >>> 0;
  // NVS takes signed 32 bits. Where it is full, the random bits tell this boot from the next.
  note(preferences, 'boot', counter | 0);
  return { counter, random: Math.floor(random() * 0x1_0000_0000) >>> 0 };
}
