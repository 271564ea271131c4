/** The list of error codes as a document, from the table. */
import { type ErrorEntry, errorCodes } from './codes';

export function errorReference(): string {
  const rows = Object.entries(errorCodes as Record<string, ErrorEntry>)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { meaning, remedy, status }]) => `| \`${code}\` | ${meaning} | ${remedy} | ${status ?? ''} |`,
    );
  return `# Error codes

Generated from \`common/errors/codes.ts\` by \`npm run generate\`. A code is stable: programs may test it; the message beside it is for people and may change.

| code | what has happened | what to do | HTTP status |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
