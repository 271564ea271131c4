/** What was seen in an image, in the words of Viam's `Annotations`. */
import { randomUUID } from 'node:crypto';
import { longestLabel, mostAnnotations } from '@sluice/common/viam/limits';
import { z } from 'zod';

const label = z.string().max(longestLabel);
const id = z.string().max(64).default('');
const confidence = z.number().optional();
const list = <Item extends z.ZodType>(item: Item) => z.array(item).max(mostAnnotations).default([]);

const boundingBox = z.object({
  id,
  label,
  /** Shares of the image's width and height. */
  x_min_normalized: z.number(),
  y_min_normalized: z.number(),
  x_max_normalized: z.number(),
  y_max_normalized: z.number(),
  confidence,
});
const classification = z.object({ id, label, confidence });

export const annotationsSchema = z.object({
  bboxes: list(boundingBox),
  classifications: list(classification),
});

export type BoundingBox = z.output<typeof boundingBox>;
export type Annotations = z.output<typeof annotationsSchema>;

/** Each has a name, by which it can be changed and taken away. undefined: nothing was seen. */
export function namedAnnotations(given: Annotations | undefined): Annotations | undefined {
  const { bboxes = [], classifications = [] } = given ?? {};
  if (bboxes.length === 0 && classifications.length === 0) return undefined;
  const named = <Item extends { id: string }>(item: Item): Item => ({ ...item, id: item.id || randomUUID() });
  return { bboxes: bboxes.map(named), classifications: classifications.map(named) };
}
