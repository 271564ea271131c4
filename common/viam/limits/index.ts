/** What an image may say of itself: more our cloud takes from nobody, so whoever sees it is told at once. */

/** Boxes of an image, and classifications. */
export const mostAnnotations = 1_000;
/** Characters. */
export const longestLabel = 256;
