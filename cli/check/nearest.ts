/** Which of the known names a wrong one was probably meant to be. */

/** @returns undefined when none is near: more than a third of the letters differ */
export function nearest(name: string, known: Iterable<string>): string | undefined {
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

/** Letters to change, add, take away or swap with their neighbour (Damerau and Levenshtein, optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** A problem, with what was probably meant. */
export function meaning<Problem extends { message: string }>(
  problem: Problem,
  meant: string | undefined,
): Problem {
  return meant === undefined ? problem : { ...problem, message: `${problem.message}; is "${meant}" meant?` };
}
