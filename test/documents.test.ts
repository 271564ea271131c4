/**
 * Every command that a document shows in a `sh` block is run: here, or by the test or check that `runElsewhere` names.
 * A block that needs a board, or the SDK for one, says so: its language is `sh board`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repository } from './running';

/** What runs a command, by its first words. */
const runElsewhere: [command: RegExp, by: string][] = [
  [/^npm start$/, 'test/end-to-end.test.ts'],
  [/^npm start -- --config /, 'test/start.test.ts'],
  [/^npm test$/, '.ci/run'],
  [/^npm run setup$/, '.ci/run'],
  [/^npm run (check|bench)\b/, '.ci/run'],
  [/^npm run soak\b/, 'test/soak/sample.test.ts'],
  [/^npm run simulate\b/, 'test/simulation/seeds-1.test.ts'],
  [/^npx sluice (serve|start)\b/, 'test/serve.test.ts'],
  [/^npm (run package -w gateway|install -g \.\/sluice-gateway\b)/, 'test/gateway-package.test.ts'],
  [/^(SLUICE_CLOUD_KEY=\S+ )?sluice-gateway\b/, 'test/gateway-package.test.ts'],
  [/^npm run generate -- kept$/, 'test/kept/kept.test.ts'],
  [/^(sudo )?npx sluice gateway (install|authority)\b/, 'test/gateway-commands.test.ts'],
  [/^npx sluice (gateway|cloud)\b/, 'test/two-halves.test.ts'],
  [/^npx sluice (query|export|tail|streams)\b/, 'cli/data-out/query.test.ts'],
  [/^curl 'http:\/\/127.0.0.1:8472\/sql/, 'cloud/doors/questions.test.ts'],
  [/^npx tsx test\/contract\/servers\.ts/, 'test/contract/contract.test.ts'],
];

/** Run here as they stand: they read, print and end. */
const runHere = /^npx sluice (check|plan|pack|explain|sim|secret)\b/;
/** They make what a document's next ones read; those are run in their order, in a folder of their own. */
const makers = /^(cp |SECRET=)/;

/** A folder with all that a clone has, in which commands may leave something. */
function cloneFor(document: string): string {
  const folder = join(clones, document.replaceAll('/', '-'));
  if (existsSync(folder)) return folder;
  mkdirSync(folder);
  const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  });
  const entries = new Set(
    tracked
      .trim()
      .split('\n')
      .map((path) => path.split('/')[0]!),
  );
  for (const entry of [...entries, 'node_modules']) symlinkSync(join(repository, entry), join(folder, entry));
  return folder;
}

interface ShownCommand {
  document: string;
  command: string;
}

function shownCommands(): ShownCommand[] {
  const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
    cwd: repository,
    encoding: 'utf8',
  });
  return documents
    .trim()
    .split('\n')
    .flatMap((document) => {
      const text = readFileSync(join(repository, document), 'utf8');
      return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
        commandsOf(block!).map((command) => ({ document, command })),
      );
    });
}

/** Lines that end in a backslash go on; comments are left out. */
function commandsOf(block: string): string[] {
  return block
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+#.*|^#.*/, '').trim())
    .filter(Boolean);
}

let clones: string;
beforeAll(() => {
  clones = mkdtempSync(join(tmpdir(), 'sluice-documents-'));
});
afterAll(() => rmSync(clones, { recursive: true }));

describe('the commands that documents show', () => {
  const commands = shownCommands();
  const makes = new Set(
    commands.filter(({ command }) => makers.test(command)).map(({ document }) => document),
  );

  test('are found', () => expect(commands.length).toBeGreaterThan(5));

  test('other languages of shells are not used, so that none escapes', () => {
    const found = spawnSync('git', ['grep', '-lE', '^```(bash|shell|console)', '--', '*.md'], {
      cwd: repository,
      encoding: 'utf8',
    });
    expect(found.stdout).toBe('');
  });

  test.each(commands)(
    '$document: $command',
    ({ document, command }) => {
      const elsewhere = runElsewhere.find(([pattern]) => pattern.test(command));
      if (elsewhere) {
        expect(existsSync(join(repository, elsewhere[1])), `${elsewhere[1]} is there`).toBe(true);
        return;
      }
      expect(runHere.test(command) || makers.test(command), 'it is a command that a test runs').toBe(true);
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
        cwd: makes.has(document) ? cloneFor(document) : repository,
        encoding: 'utf8',
        timeout: 60_000,
      });
      if (!makers.test(command)) expect(stderr + stdout, command).not.toBe('');
      expect(status, stderr + stdout).toBe(0);
    },
    70_000,
  );
});
