/** Where a message's values stand, so that what was flattened can be put together again. */
import { leavesOf } from '../../modules/message/platform-message';

/** Keys, and indices of lists. */
export type LeafPath = (string | number)[];

/** By field, of each value that is nested; none where there are more than is taken. */
export function pathsOf(record: object): Map<string, LeafPath> {
  const leaves = leavesOf(record) ?? [];
  const paths: LeafPath[] = [];
  collect(record, [], paths);
  const nested = leaves.map(({ field }, index): [string, LeafPath] => [field, paths[index]!]);
  return new Map(nested.filter(([, path]) => path.length > 1));
}

/** Of a message's line, which was parsed before. */
export function pathsIn(line: Uint8Array): Map<string, LeafPath> {
  const { payload_fields } = JSON.parse(Buffer.from(line).toString()) as { payload_fields: object };
  return pathsOf(payload_fields);
}

/** In the order of `leavesOf`, which passes what is no value. */
function collect(value: object, path: LeafPath, paths: LeafPath[]): void {
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null || inner === undefined) continue;
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (typeof inner === 'object') collect(inner, at, paths);
    else paths.push(at);
  }
}
