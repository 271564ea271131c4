/** What tells a resource's plan from another without keeping its text, of which four resources have half a kilobyte. */
import type { ResourcePlan } from '../config/plan';
import { encodeUtf8 } from '../config/utf8';

/**
 * Of what a driver is given beside the resource's name: FNV-1a of 32 bits, and the length. Two plans which differ in
 * one byte never have the same, and any others as good as never.
 */
export function fingerprintOf({ model, attributes, dependencies }: ResourcePlan): number {
  const bytes = encodeUtf8(`${model} ${dependencies.join()} ${attributes}`);
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index++) hash = Math.imul(hash ^ bytes[index]!, 0x01000193);
  return (hash >>> 0) * 2 ** 20 + bytes.length;
}
