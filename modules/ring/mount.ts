/**
 * Finds the sector written last. Epochs rise by one from sector to sector in the order of their position and
 * wrap around the partition, so it is where the epochs fall: a binary search. Headers that cannot be read
 * (retired, torn, never written) are passed over, up to `patience` in a row; a longer run of them counts as
 * "not written in this lap". Should that ever be wrong, an older sector is taken for the newest and the log goes on there:
 * wear is then a little less even, and nothing else is harmed, because nothing of an earlier boot is believed.
 *
 * @param epochOf epoch of a sector (1 …), or 0 when its header is not right; one flash read each
 * @param isRetired what is known of retired sectors so far; they are not read
 * @param anchored called with the first right sector found, which may know more retired ones
 * @returns the sector, or −1 when no header was found
 */
export const patience = 5;

export function findNewestSector(
  sectors: number,
  epochOf: (sector: number) => number,
  isRetired: (sector: number) => boolean,
  anchored: (sector: number) => void,
): number {
  const anchor = findAnchor(sectors, epochOf);
  if (anchor < 0) return -1;
  anchored(anchor);
  const anchorEpoch = epochOf(anchor);

  // Distances from the anchor: `low` is known to be of its lap or newer, from `high` on nothing is.
  let low = 0;
  let high = sectors;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    let found = -1;
    let distance = middle;
    for (let misses = 0; distance < high && misses < patience; distance += 1) {
      const sector = (anchor + distance) % sectors;
      if (isRetired(sector)) continue;
      const epoch = epochOf(sector);
      if (epoch === 0) {
        misses += 1;
        continue;
      }
      found = epoch > anchorEpoch ? distance : -1;
      break;
    }
    if (found >= 0) low = found;
    else high = middle;
  }
  return (anchor + low) % sectors;
}

/** A sector with a right header: the first ones are tried, then ever finer fractions of the partition. */
function findAnchor(sectors: number, epochOf: (sector: number) => number): number {
  for (let sector = 0; sector < patience && sector < sectors; sector += 1)
    if (epochOf(sector) > 0) return sector;
  for (let parts = 2; parts <= 8; parts *= 2)
    for (let part = 1; part < parts; part += 2) {
      const sector = Math.floor((sectors * part) / parts);
      if (epochOf(sector) > 0) return sector;
    }
  return -1;
}
