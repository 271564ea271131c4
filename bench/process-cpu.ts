/** CPU that another process has used, of Linux. */
import { readFileSync } from 'node:fs';

/** Of the kernel's clock as /proc shows it, on every architecture. */
const ticksPerSecond = 100;

/** Seconds, user and system, of all its threads; to a hundredth. NaN where there is no /proc. */
export function processCpu(id: number): number {
  try {
    // The name in parentheses may have spaces; user and system are the fields 14 and 15.
    const fields = readFileSync(`/proc/${id}/stat`, 'latin1').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return Number.NaN;
  }
}
