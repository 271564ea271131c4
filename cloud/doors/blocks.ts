/** The block door: placeholder until file.ts stands. */
export type BlocksAnswer =
  | { blocks: number; duplicates: number; readings: number; refused: { name: string; error: string }[] }
  | { error: string };
