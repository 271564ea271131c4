import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { install } from './install';
import { type InstallOptions, planInstallation } from './installation';

const before = process.cwd();
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;
const missing = hasSystemd ? '' : ' (there is no systemd-analyze here)';
let folder: string;
let said: string[];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-unit-')));
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (name.startsWith('SLUICE_')) vi.stubEnv(name, '');
  vi.stubEnv('SUDO_USER', 'daemon');
  vi.stubEnv('XDG_CONFIG_HOME', join(folder, 'config'));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  writeFileSync('machine.json', '{"remotes":[{"name":"attic","secret":"of-the-attic-1c2d"}]}');
  said = [];
  for (const method of ['log', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((text: string) => void said.push(text));
});

afterEach(() => {
  process.chdir(before);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function options(of: Partial<InstallOptions> = {}): InstallOptions {
  const program = [process.execPath, '/opt/sluice/sluice-gateway.js'];
  return { flags: { configuration: 'machine.json' }, user: false, unit: 'sluice-gateway', program, ...of };
}

const linesOf = (of?: Partial<InstallOptions>) => planInstallation(options(of)).unitText.split('\n');
const installed = (of: Partial<InstallOptions> = {}) =>
  install({ ...options(of), print: false, quiet: false });

/** What systemd has to say of it. */
function verified(text: string, ...words: string[]): { status: number | null; said: string } {
  const path = join(folder, 'sluice-gateway.service');
  writeFileSync(path, text);
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...words, path], {
    encoding: 'utf8',
    env: { ...process.env, XDG_RUNTIME_DIR: folder },
  });
  return { status, said: stderr };
}

describe('the unit', () => {
  test('runs the gateway with the options that were given, paths from anywhere', () => {
    const flags = { configuration: 'machine.json', port: '9000', insecure: true, privateKey: 'key.pem' };
    expect(linesOf({ flags })).toContain(
      `ExecStart=${process.execPath} /opt/sluice/sluice-gateway.js ${folder}/machine.json --port 9000 --insecure --private-key ${folder}/key.pem --directory /var/lib/sluice-gateway`,
    );
  });

  test("is the system's, of who called sudo, with a directory that systemd makes", () => {
    const lines = linesOf();
    expect(lines).toContain('User=daemon');
    expect(lines).toContain('StateDirectory=sluice-gateway');
    expect(lines).toContain('CapabilityBoundingSet=');
    expect(linesOf({ account: 'sluice' })).toContain('User=sluice');
  });

  test('leaves it to its user to make another directory for whom it runs as', () => {
    const flags = { configuration: 'machine.json', directory: `${folder}/it's` };
    const { unitText, next } = planInstallation(options({ flags }));
    expect(unitText).not.toContain('StateDirectory');
    expect(next(false)[0]).toBe(`sudo install -d -m 700 -o daemon '${folder}/it'\\''s'`);
    mkdirSync(flags.directory);
    expect(planInstallation(options({ flags })).next(false)[0]).toBe('sudo systemctl daemon-reload');
  });

  test('may take a port below 1024 when it is to, and nothing else', () => {
    const flags = { configuration: 'machine.json', port: '443' };
    expect(linesOf({ flags })).toContain('AmbientCapabilities=CAP_NET_BIND_SERVICE');
  });

  test("is a user's own without what such a unit cannot have", () => {
    const text = linesOf({ user: true }).join('\n');
    expect(text).not.toMatch(/^(User|StateDirectory|Protect\w+|PrivateTmp|CapabilityBoundingSet)=/m);
    expect(text).toContain(`--directory ${folder}/state/sluice-gateway`);
    expect(text).toContain('WantedBy=default.target');
  });

  test('reads a file of settings where its paths are from', () => {
    writeFileSync('settings.json', '{"configuration":"machine.json","directory":"here","cloudKey":"secret"}');
    const lines = linesOf({ flags: {}, settings: 'settings.json' });
    expect(lines).toContain(`WorkingDirectory=${folder}`);
    expect(lines.find((line) => line.startsWith('ExecStart='))).toMatch(
      new RegExp(` --settings ${folder}/settings.json --directory ${folder}/here$`),
    );
    expect(lines.join()).not.toContain('secret');
  });

  test('has no root that nobody asked for', () => {
    vi.stubEnv('SUDO_USER', undefined);
    if (process.getuid!() === 0) expect(() => linesOf()).toThrow('whom is the gateway to run as?');
    else expect(linesOf().join()).not.toContain('User=root');
  });

  test.each([
    [{ flags: {} }, 'no configuration is given'],
    [{ flags: { configuration: 'machine.json', port: 'x' } }, 'port: is a whole number'],
    [{ unit: 'a/b' }, "'a/b' is no name of a unit"],
    [{ account: 'a b' }, "'a b' is no name of a user"],
    [{ flags: { configuration: 'machine.json', name: 'a\nUser=root' } }, 'cannot stand in a unit'],
  ])('is refused with %j', (of, sentence) => {
    expect(() => linesOf(of)).toThrow(sentence);
  });

  test.runIf(hasSystemd).each([
    ["the system's", {}],
    ['one that listens low', { flags: { configuration: 'machine.json', port: '80' } }],
    ['one with names that mean something to systemd', { flags: { configuration: 'a "b" $c %d \\e.json' } }],
  ])(`is one to systemd${missing}: %s`, (_what, of) => {
    const { unitText } = planInstallation(options(of));
    expect(verified(unitText)).toEqual({ status: 0, said: '' });
    expect(verified(unitText.replace('Restart=', 'Restarts=')).said).toContain('Restarts');
  });

  test.runIf(hasSystemd)(`is one to systemd${missing}: a user's`, () => {
    vi.stubEnv('SLUICE_CLOUD_KEY', 'secret');
    const { unitText } = planInstallation(options({ user: true }));
    expect(verified(unitText, '--user')).toEqual({ status: 0, said: '' });
  });

  test('gives systemd every word as it was', () => {
    const name = 'a "b" \'c\' $HOME \x24{x} %h %% \\e\\';
    const { unitText } = planInstallation(options({ flags: { configuration: 'machine.json', name } }));
    const [, line] = /^ExecStart=(.*)$/m.exec(unitText)!;
    expect(wordsOf(line!)).toContain(name);
  });
});

/** As systemd.service says that a command line is read: quotes, backslashes, `%%`, `$$`. */
function wordsOf(line: string): string[] {
  const words = line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  return words.map((each) =>
    each
      .replace(/^"(.*)"$/, '$1')
      .replace(/\\(["\\])/g, '$1')
      .replaceAll('$$', '$')
      .replaceAll('%%', '%'),
  );
}

describe('an installation', () => {
  const unit = () => join(folder, 'config/systemd/user/sluice-gateway.service');
  const keys = () => join(folder, 'config/sluice-gateway.env');

  test('is written, and says what is next', async () => {
    await installed({ user: true });
    expect(readFileSync(unit(), 'utf8')).toBe(planInstallation(options({ user: true })).unitText);
    expect(said).toEqual([
      `${unit()} is written`,
      'next:',
      '  systemctl --user daemon-reload',
      '  systemctl --user enable --now sluice-gateway',
      '  loginctl enable-linger',
      '  journalctl --user -u sluice-gateway -f',
    ]);
    await installed({ user: true });
    expect(said).toContain('  systemctl --user restart sluice-gateway');
  });

  test('has keys in a file that its owner alone can read, and a second one keeps them', async () => {
    vi.stubEnv('SLUICE_CLOUD_KEY', 'a "secret" $key');
    await installed({ user: true });
    expect(statSync(keys()).mode & 0o777).toBe(0o600);
    expect(readFileSync(keys(), 'utf8')).toBe('SLUICE_CLOUD_KEY="a \\"secret\\" \\$key"\n');
    expect(readFileSync(unit(), 'utf8')).not.toContain('secret');
    expect(readFileSync(unit(), 'utf8')).toContain(`EnvironmentFile=${keys()}\n`);
    vi.stubEnv('SLUICE_CLOUD_KEY', '');
    await installed({ user: true });
    expect(readFileSync(unit(), 'utf8')).toContain(`EnvironmentFile=${keys()}\n`);
    expect(readFileSync(keys(), 'utf8')).toContain('secret');
  });

  test('leaves a unit alone that is not of this command', async () => {
    mkdirSync(join(folder, 'config/systemd/user'), { recursive: true });
    writeFileSync(unit(), '[Unit]\n');
    await expect(installed({ user: true })).rejects.toThrow('not by this command: --unit gives another name');
    expect(readFileSync(unit(), 'utf8')).toBe('[Unit]\n');
  });

  test('of a configuration that no gateway takes is not begun', async () => {
    writeFileSync('machine.json', 'no JSON');
    await expect(installed({ user: true })).rejects.toThrow('machine.json is no configuration');
    expect(() => statSync(unit())).toThrow('ENOENT');
  });

  test("of the system's wants root, and somebody who is there", async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    await expect(installed()).rejects.toThrow(
      "/etc/systemd/system is root's: call it with sudo, or with --user",
    );
    vi.spyOn(process, 'getuid').mockReturnValue(0);
    await expect(installed({ account: 'sluice-nobody' })).rejects.toThrow(
      "no user is called 'sluice-nobody'",
    );
  });
});
