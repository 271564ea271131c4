/** Which of the known names a wrong one was probably meant to be. */
import { editDistance } from '@sluice/common/names';

/** @returns undefined when none is near: more than a third of the letters differ; of a number none is */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.trim() !== '' && Number.isFinite(Number(name))) return undefined;
  const wanted = plain(name);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    if (candidate === name) continue;
    const distance = distanceOf(wanted, candidate);
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

function distanceOf(wanted: string, candidate: string): number {
  const whole = plain(candidate);
  if (isBegun(wanted, whole)) return 1;
  const lastWord = candidate.slice(candidate.lastIndexOf('_') + 1);
  return Math.min(editDistance(wanted, whole), 1 + editDistance(wanted, plain(lastWord)));
}

/** `reader` of `reader_name`. */
function isBegun(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}

/** Case and separators are what is mistaken most. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '');
}

/** A problem, with what was probably meant. */
export function meaning<Problem extends { message: string }>(
  problem: Problem,
  meant: string | undefined,
): Problem {
  return meant === undefined ? problem : { ...problem, message: `${problem.message}; is "${meant}" meant?` };
}
