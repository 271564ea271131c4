/**
 * What is told to others than whoever runs a machine: its directories are nobody's business but the log's.
 * Of a path its last name stays, so that one still knows what it is about.
 */

const quoted = /(?<quote>['"’`])(?:file:\/\/)?(\/[^\n]*?)\k<quote>/gu;
/**
 * Not behind what makes it a part of something else: of an address, a topic, a fraction. Names may have spaces in them,
 * but for the last.
 */
const bare = /(?<![\p{L}\p{N}_.)\]/-])\/(?!\/)(?:[^\s'":,)/]+(?: [^\s'":,)/]+){0,3}\/+)*[^\s'":,)/]*/gu;

/** The text with the last name of each absolute path instead of it. */
export function withoutPaths(text: string): string {
  return text
    .replace(quoted, (_, quote: string, path: string) => `${quote}${lastOf(path)}${quote}`)
    .replace(/file:\/\/(?=\/)/g, '')
    .replace(bare, lastOf);
}

function lastOf(path: string): string {
  return path.split('/').filter(Boolean).at(-1) ?? path;
}
