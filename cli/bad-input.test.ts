/** Every command, given what it cannot use: a sentence that says what, and an exit code. Run in this process, for its speed. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { runCommandLine } from './command-line';

// Vitest finds the chip's modules itself.
vi.mock('./check/chip/load', () => ({ provideChipModules: () => undefined }));

const before = process.cwd();
let folder: string;

beforeAll(async () => {
  // All programs' modules are made ready once: on a busy machine that takes a minute, and is no command's time.
  await import('./compose/serve');
  folder = mkdtempSync(join(tmpdir(), 'sluice-bad-'));
  process.chdir(folder);
  mkdirSync('folder');
  writeFileSync('bytes', Buffer.from([0, 1, 255]));
  writeFileSync('empty', '');
  writeFileSync('main.json', '{"remotes":[{"name":"attic","secret":"of-the-attic-1c2d"}]}');
  writeFileSync('example.json', '{"remotes":[{"name":"attic","secret":"REDACTED"}]}');
  writeFileSync('list.json', '[]');
  writeFileSync('utf16.json', Buffer.from('\ufeff{}', 'utf16le'));
  // It takes no room on the disk.
  writeFileSync('huge', '');
  truncateSync('huge', 300 << 20);
  writeFileSync('cloud.json', '{"time_zone":"Berlin"}');
}, 240_000);

afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

async function run(words: string): Promise<{ code: unknown; said: string }> {
  let said = '';
  const take = (text: unknown) => {
    said += `${String(text)}\n`;
  };
  vi.spyOn(console, 'error').mockImplementation(take);
  vi.spyOn(console, 'log').mockImplementation(take);
  for (const stream of [process.stderr, process.stdout])
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  await runCommandLine(words.split(' '));
  return { code: process.exitCode, said };
}

const nobody = '--address http://127.0.0.1:12';

test.each([
  ['serve folder', 'folder is a directory'],
  ['serve nothing.json', 'there is no file nothing.json'],
  ['serve empty --directory state', 'empty is no configuration'],
  ['serve list.json --directory state', 'list.json is no configuration'],
  ['serve huge', 'huge is longer than 4 MiB'],
  ['serve utf16.json', 'utf16.json is UTF-16: save it as UTF-8'],
  ['serve main.json --cloud huge', 'huge is longer than 4 MiB'],
  ['serve main.json --cloud utf16.json', 'utf16.json is UTF-16: save it as UTF-8'],
  ['serve main.json --alerts huge --directory state', 'huge is longer than 4 MiB'],
  ['serve main.json --cloud folder', 'folder is a directory'],
  ['serve main.json --cloud nothing.json', 'there is no file nothing.json'],
  ['serve main.json --cloud cloud.json', 'cloud.json: time_zone: is no time zone'],
  ['serve main.json --parts nothing', 'nothing is no directory'],
  ['serve main.json --directory bytes', 'bytes is there already, and no directory'],
  ['serve main.json --port abc', 'must be a whole number from 1 to 65531'],
  ['serve', "missing required argument 'configuration'"],
  ['gateway', 'no configuration is given'],
  ['gateway folder', 'folder is a directory'],
  ['gateway nothing.json', 'there is no file nothing.json'],
  ['gateway huge', 'huge is longer than 4 MiB'],
  ['gateway main.json --settings huge', 'huge is longer than 4 MiB'],
  ['gateway main.json --settings utf16.json', 'utf16.json is UTF-16: save it as UTF-8'],
  ['gateway main.json --port abc', 'port: is a whole number from 1 to 65531'],
  ['gateway main.json --log-level loud', 'logLevel: is one of error, warn, info, debug'],
  ['gateway main.json --settings folder', 'folder is a directory'],
  ['gateway main.json --settings nothing.json', 'there is no file nothing.json'],
  ['gateway main.json --settings list.json', 'list.json: is no JSON object'],
  ['gateway main.json --directory bytes', 'bytes is there already, and no directory'],
  ['gateway main.json --cloud nowhere', 'cloud: is no http: or https: URL'],
  ['gateway install', 'no configuration is given'],
  ['gateway install folder --user --print', 'folder is a directory'],
  [
    'gateway install main.json --user --account daemon',
    "'--user' cannot be used with option '--account <name>'",
  ],
  ['gateway install main.json --user --unit a/b', "'a/b' is no name of a unit"],
  ['gateway authority show --directory folder', 'there is no authority in'],
  ['gateway authority show --directory bytes', 'is no directory'],
  ['gateway authority export copy.pem --directory nothing', 'there is no authority in'],
  ['gateway authority import nothing.pem --directory state', 'there is no file nothing.pem'],
  ['gateway authority import bytes --directory state', 'bytes holds no authority'],
  ['gateway authority renew --directory nothing', 'there is no authority in'],
  ['cloud run --configuration folder', 'folder is a directory'],
  ['cloud run --configuration nothing.json', 'there is no file nothing.json'],
  ['cloud run copy --directory nothing', 'there is no cloud in'],
  ['cloud raw nothing', 'there is no cloud in nothing'],
  ['cloud raw bytes', 'bytes is no directory'],
  ['cloud stages --address nowhere', "'nowhere' is no http: or https: URL"],
  ['cloud stages --directory folder', 'nothing runs in folder'],
  [
    'cloud part delete app shed --authority nothing.pem --address https://127.0.0.1:12',
    'no file nothing.pem',
  ],
  [`cloud stages ${nobody}`, 'nothing answers at 127.0.0.1:12'],
  [`cloud dead-letters list ${nobody}`, 'nothing answers at 127.0.0.1:12'],
  [`cloud rebuild ${nobody}`, 'nothing answers at 127.0.0.1:12'],
  [`cloud part delete app shed ${nobody}`, 'nothing answers at 127.0.0.1:12'],
  ['cloud user list --directory bytes', 'is no directory'],
  ['cloud user add x --role king --directory state', 'king'],
  ['cloud user key nobody --directory folder', 'nobody'],
  ['pack folder', 'folder is a directory'],
  ['pack bytes', 'bytes is not UTF-8'],
  ['pack huge', 'huge is longer than 256 MiB'],
  ['pack empty', 'empty holds no values'],
  ['explain nothing', 'there is no file nothing'],
  ['explain huge', 'huge is no block: it is longer than any'],
  ['explain folder', 'folder is a directory'],
  ['explain bytes', 'bytes is no block'],
  ['query A1 --address nowhere', "'nowhere' is no http: or https: URL"],
  [`query A1 ${nobody}`, 'nothing answers at 127.0.0.1:12'],
  [`export ${nobody}`, 'nothing answers at 127.0.0.1:12'],
  ['secret folder attic', 'folder is a directory'],
  ['secret huge attic', 'huge is longer than 4 MiB'],
  ['secret utf16.json attic', 'utf16.json is UTF-16'],
  ['secret main.json cellar', 'main.json has no remote cellar: there is attic'],
  ['secret example.json attic', 'remotes[0].secret: "REDACTED" is what an example has'],
  ['start --pin 99=constant:1', 'esp32 has no GPIO 99: it has 0 to 39'],
  ['start --chip esp32c6', 'is not simulated: esp32, esp32c3, esp32s3 are'],
  ['logs nothing', 'there is no log in nothing'],
  ['logs --level loud', 'must be one of'],
  ['completion tcsh', "argument 'shell' must be one of bash, zsh, fish, not 'tcsh'"],
  ['status nothing', 'there is no directory nothing'],
  ['status bytes', 'there is no directory bytes'],
  ['sim nothing', 'manifest not found'],
  ['sim --for ever', 'must be a duration such as 500ms'],
])(
  '%s',
  async (words, sentence) => {
    const { code, said } = await run(words);
    expect(said).toContain(sentence);
    expect([1, 2], said).toContain(code);
    expect(said).toMatch(/^sluice: /m);
    expect(said).not.toMatch(/\n {4}at |\bE[A-Z]{4,}\b|\{\}|\[\]|\bundefined\b|Invalid input|\[object/);
  },
  60_000,
);

/** What is wrong with a file is said as of any other place in it. */
test.each([
  ['check huge', 'huge: error at $: is longer than 4 MiB, which nothing here is [json-too-large]'],
  ['plan huge', 'huge: error at $: is longer than 4 MiB, which nothing here is [json-too-large]'],
  ['start --config huge', 'huge: error at $: is longer than 4 MiB, which nothing here is [json-too-large]'],
  ['plan list.json', 'list.json: error at $: a configuration is an object [wrong-type]'],
  ['start --config list.json', 'list.json: error at $: a configuration is an object [wrong-type]'],
  ['plan utf16.json', 'utf16.json: error at $: is UTF-16: save it as UTF-8 [cannot-read]'],
  [
    'plan empty',
    'empty: error at $: line 1, column 1: the text ends where a value is expected [json-syntax]',
  ],
])('%s', async (words, sentence) => {
  const { code, said } = await run(words);
  expect(code).toBe(1);
  expect(said.split('\n').filter((line) => !/^1 error in/.test(line) && line !== '')).toEqual([sentence]);
});
