/** Names that are nearly the one that was asked for, or end with what is. */

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

/** Levenshtein's; what holds the other counts as near. */
function distanceOf(a: string, b: string, limit: number): number {
  if (a !== '' && b.includes(a)) return 1;
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
