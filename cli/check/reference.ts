/** The reference of problem codes, made of the tables: `docs/reference/problems.md`. */
import { allCodes, type CheckCode, codesOfRunning } from './codes';
import { examples } from './examples';

export function problemReference(): string {
  const rows = (Object.keys(allCodes) as CheckCode[]).sort().map((code) => {
    const path = examples[code]?.path;
    const where = path === undefined ? '' : `\`${path}\``;
    return `| \`${code}\` | ${allCodes[code]} | ${where} |`;
  });
  return `# What can be wrong with a configuration

Generated from \`modules/config/problems.ts\` and \`cli/check/codes.ts\` by \`npm run generate\`. \`sluice check\` finds all of them before anything is flashed, but for ${codesOfRunning.map((code) => `\`${code}\``).join(' and ')}, which only a device that runs can come to. A code is stable: programs may test it; the message beside it is for people and may change.

| code | what it means | where it is found, for instance |
| --- | --- | --- |
${rows.join('\n')}
`;
}
