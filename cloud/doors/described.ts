/** A route's line in `/openapi.json`. */
export function described(summary: string): { schema: { summary: string } } {
  return { schema: { summary } };
}
