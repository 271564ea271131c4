/** Names that are nearly the one that was asked for, or end with what is. */
import { editDistance } from '@sluice/common/names';

const mostNames = 3;

export function nearest(name: string, known: readonly string[]): string[] {
  const asked = name.toLowerCase();
  const limit = Math.max(1, Math.ceil(name.length / 3));
  return known
    .map((candidate) => ({ candidate, distance: leastDistance(asked, candidate.toLowerCase(), limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, mostNames)
    .map(({ candidate }) => candidate);
}

/** From the whole name or one of its ends: `A1` of `my-esp32_A1`. */
function leastDistance(asked: string, name: string, limit: number): number {
  let least = distanceOf(asked, name, limit);
  for (let at = name.indexOf('_'); at >= 0; at = name.indexOf('_', at + 1))
    least = Math.min(least, distanceOf(asked, name.slice(at + 1), limit));
  return least;
}

/** What holds the other counts as near. */
function distanceOf(asked: string, name: string, limit: number): number {
  if (asked !== '' && name.includes(asked)) return 1;
  // As many letters at least are to be added or taken away.
  return Math.abs(asked.length - name.length) > limit ? limit + 1 : editDistance(asked, name);
}
