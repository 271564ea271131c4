import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { freePorts, repository } from '../test/running';
import { leavesOf, programOf } from './command-line';
import { commands } from './commands';
import { completionScript } from './completion/scripts';
import { version } from './version';

const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

function sluice(...words: string[]) {
  const program = ['--import', import.meta.resolve('tsx'), join(repository, 'cli', 'sluice.ts')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...program, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the command line', () => {
  test('prints its version', () => {
    expect(sluice('--version')).toEqual({ status: 0, stdout: `${version()}\n`, stderr: '' });
  });

  test('ends with 2 and one prefix when it is not understood', () => {
    const { status, stdout, stderr } = sluice('chek');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^sluice: unknown command 'chek'\n\(Did you mean check\?\)/);
  });

  test.each([
    [
      ['query', '--last', '10'],
      "option '--last <duration>' must be a duration such as 500ms, 90s, 1h or 7d, not '10'",
      'sluice query',
    ],
    [
      ['query', '--format', 'xlsx'],
      "option '--format <format>' must be one of csv, json, parquet, arrow, not 'xlsx'",
      'sluice query',
    ],
    [
      ['cloud', 'raw', '.', '--format', 'x'],
      "option '--format <format>' must be one of json, csv, parquet, arrow, not 'x'",
      'sluice cloud raw',
    ],
    [['pack', 'a.csv', '--hz', 'x'], "must be a rate from 0.000001 to 1000000 Hz, not 'x'", 'sluice pack'],
    [['check', '--what'], "unknown option '--what'", 'sluice check'],
  ])('says in one sentence what %j must be, and where its help is', (words, sentence, command) => {
    const { status, stderr } = sluice(...words);
    expect(status).toBe(2);
    const [first, second] = stderr.split('\n');
    expect(first).toMatch(/^sluice: /);
    expect(first).toContain(sentence);
    expect(second).toBe(`(${command} --help shows what there is)`);
  });

  test('begins every line of what is wrong with its name', () => {
    const alerts = join(folder, 'alerts.json');
    writeFileSync(alerts, JSON.stringify({ part_away_min: 5, disk_used_share: 2 }));
    const { stderr } = sluice('cloud', '--alerts', alerts, '--directory', join(folder, 'none'));
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^sluice: /);
    expect(stderr).toContain('part_away_min: is not read: there are part_away_mins, readings_lost,');
  });

  test.each([
    [['explain', '.'], '. is a directory, not a file'],
    [['pack', 'nothing.csv'], 'there is no file nothing.csv'],
    [['plan', 'nothing.json'], 'nothing.json: error at $: there is no such file [cannot-read]'],
  ])('says in a sentence why %j fails', (words, sentence) => {
    const { status, stderr } = sluice(...words);
    expect(status).toBe(1);
    expect(stderr.trimEnd().replace(/^sluice: /, '')).toBe(sentence);
    expect(stderr).not.toContain('    at ');
  });
});

describe('a program that is asked', () => {
  test('and does not run is said to be that', async () => {
    const port = await freePorts();
    const { status, stderr } = sluice('cloud', 'stages', '--address', `http://127.0.0.1:${port}`);
    expect(status).toBe(1);
    expect(stderr).toBe(`sluice: nothing answers at 127.0.0.1:${port}: is it running?\n`);
  });
});

describe('the help of every command', async () => {
  const program = await programOf(['completion']);

  test.each(leavesOf(program).map((command) => [command.name(), command] as const))(
    'has defaults for people, and --quiet: %s',
    (_, command) => {
      const help = command.helpInformation();
      expect(help).not.toMatch(/default: (\{\}|\[\]|\d{5,}|undefined)/);
      if (command.name() !== 'completion') expect(help).toContain('--quiet');
    },
  );

  test('is there for each of the table', () => {
    expect(program.commands.map((command) => command.name()).sort()).toEqual(Object.keys(commands).sort());
  });
});

describe('completion', async () => {
  const program = await programOf(['completion']);
  /** What bash would offer at the end of these words. */
  const offered = (...words: string[]) => offeredTo(['sluice', ...words], '_sluice');
  const offeredTo = (words: string[], by: string) => {
    const script = `${completionScript(program, 'bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; ${by}; echo "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).stdout.trim().split(' ');
  };

  test('offers commands, those below them, options, and their choices', () => {
    expect(offered('ch')).toEqual(['check']);
    expect(offered('cloud', 'r')).toEqual(['run', 'raw', 'rebuild']);
    expect(offered('cloud', 'dead-letters', '')).toEqual(expect.arrayContaining(['list', 'retry']));
    expect(offered('check', '--ch')).toEqual(['--chip']);
    expect(offered('check', '--as', '')).toEqual(['board', 'main', 'cloud']);
  });

  test('offers files where a command wants them', () => {
    writeFileSync(join(folder, 'esp-home.json'), '{}');
    expect(offered('check', 'esp-')).toEqual(['esp-home.json']);
  });

  test('offers the same behind npx, as a clone has it, and nothing of ours to what else npx runs', () => {
    const behind = (...words: string[]) => offeredTo(['npx', ...words], '_sluice_of_npx');
    expect(behind('sluice', 'ch')).toEqual(['check']);
    expect(behind('sluice', 'cloud', 'r')).toEqual(['run', 'raw', 'rebuild']);
    expect(behind('vitest', 'ch')).toEqual(['']);
    expect(behind('sl')).toEqual(['']);
  });

  test('offers every command', () => {
    expect(
      offered('')
        .filter((word) => !word.startsWith('--'))
        .sort(),
    ).toEqual(Object.keys(commands).sort());
    const names = (line: RegExp) =>
      [...completionScript(program, 'fish').matchAll(line)].map(([, name]) => name!).sort();
    const all = Object.keys(commands).sort();
    expect(names(/^complete -c sluice -n 'not __fish_seen_subcommand_from [^;'\n]*' -f -a (\S+) /gm)).toEqual(
      all,
    );
    expect(
      names(
        /^complete -c npx -n '__fish_seen_subcommand_from sluice; and not __fish_seen_subcommand_from [^;'\n]*' -f -a (\S+) /gm,
      ),
    ).toEqual(all);
    // By bash's own function.
    expect(completionScript(program, 'zsh')).toContain(completionScript(program, 'bash'));
  });

  test('knows no other shell', () => {
    expect(() => completionScript(program, 'cmd')).toThrow('no completion for cmd: there is bash, fish, zsh');
  });
});

describe('status and logs', () => {
  test('say that nothing runs, and where something was', () => {
    expect(sluice('status')).toMatchObject({
      status: 1,
      stdout: 'nothing has been started in this folder\n',
    });
    const directory = join(folder, '.sluice');
    mkdirSync(directory);
    const entries = [
      { level: 30, time: 1_700_000_000_000, msg: 'begins' },
      { level: 50, time: 1_700_000_001_000, in: 'link', part: 'esp-home', msg: 'refused: proof' },
    ];
    writeFileSync(
      join(directory, 'sluice.log'),
      entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
    );
    // A note that has outlived its process.
    writeFileSync(
      join(directory, 'program.json'),
      JSON.stringify({ pid: 2 ** 22 + 1, since: 1, address: 'x' }),
    );
    expect(sluice('status').stdout).toMatch(/^\.sluice: nothing runs, \d+ B are kept\n$/);
    const { stdout } = sluice('logs', '--level', 'error');
    expect(stdout).toMatch(/^2023-11-1\d \d\d:\d\d:21\.000 error link: refused: proof part=esp-home\n$/);
    expect(sluice('logs', '--lines', '1', '--json').stdout).toBe(`${JSON.stringify(entries[1])}\n`);
  });
});
