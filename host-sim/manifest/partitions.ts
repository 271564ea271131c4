/** Partition tables as ESP-IDF reads them: name, type, subtype, offset, size, flags; `#` begins a comment. */
import { readFileSync } from 'node:fs';
import { BuildError } from './error';

export interface Partition {
  label: string;
  type: string;
  subtype: string;
  offset: number;
  size: number;
}

function size(text: string, path: string, line: number): number {
  const match = /^(0x[0-9a-f]+|\d+)([KM]?)$/i.exec(text);
  if (!match) throw new BuildError(`${path}:${line}: '${text}' is not a size`);
  const unit = match[2]!.toUpperCase();
  return Number(match[1]) * (unit === 'K' ? 1024 : unit === 'M' ? 1024 * 1024 : 1);
}

/** An omitted offset follows the partition before it, aligned to 64 KiB for `app`, to 4 KiB for the rest. */
export function readPartitions(path: string): Partition[] {
  const partitions: Partition[] = [];
  let next = 0x9000;
  for (const [index, text] of readFileSync(path, 'utf8').split('\n').entries()) {
    const words = text
      .replace(/#.*/, '')
      .split(',')
      .map((word) => word.trim());
    const [label, type, subtype, offset, length] = words;
    if (!label) continue;
    if (!type || !length) throw new BuildError(`${path}:${index + 1}: name, type and size wanted`);
    const alignment = type === 'app' ? 0x10000 : 0x1000;
    const at = offset ? size(offset, path, index + 1) : Math.ceil(next / alignment) * alignment;
    partitions.push({ label, type, subtype: subtype ?? '', offset: at, size: size(length, path, index + 1) });
    next = at + partitions[partitions.length - 1]!.size;
  }
  return partitions;
}
