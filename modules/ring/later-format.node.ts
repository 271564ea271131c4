/** For tests: flash as a later firmware would leave it. */
import { magic, sectorBytes, sectorHeaderBytes, sumOfWords } from './format';

/** Makes a sector's header, also where there is none, that of the format which follows this one. */
export function makeLater(partition: Uint8Array, sector: number): void {
  const { buffer, byteOffset } = partition;
  const words = new Int32Array(buffer, byteOffset + sector * sectorBytes, sectorHeaderBytes >> 2);
  words[0] = magic + 0x01000000;
  words[10] = sumOfWords(words, 0, 10, 0);
}

/** @returns a copy in which each sector with readings is of that format; the first one is in any case */
export function asOfLater(partition: Uint8Array): Uint8Array {
  const bytes = partition.slice();
  const view = new DataView(bytes.buffer);
  for (let sector = 0; sector < bytes.length / sectorBytes; sector++)
    if (sector === 0 || view.getInt32(sector * sectorBytes, true) === magic) makeLater(bytes, sector);
  return bytes;
}
