/** Every check beside the tests: format and lint, types, arrows, generated files. Exits 1 with the names of those that fail. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';

const checks: [name: string, command: string, ...args: string[]][] = [
  ['format and lint', 'npx', 'biome', 'ci', '.'],
  ['types of the firmware', 'npx', 'tsc', '-p', 'tsconfig.json'],
  ['types of everything else', 'npx', 'tsc', '-p', 'tsconfig.node.json'],
  ['arrows between folders', 'npx', 'tsx', 'tools/check/arrows.ts'],
  ['generated files', 'npx', 'tsx', 'tools/generate.ts', '--check'],
];

const failed = checks.filter(([name, command, ...args]) => {
  console.log(`check: ${name}`);
  return spawnSync(command, args, { stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.error(`failed: ${failed.map(([name]) => name).join(', ')}`);
  process.exit(1);
}
