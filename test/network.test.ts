/**
 * docs/reach.md from another machine: a second network namespace, joined to this one by a virtual cable, in which the
 * document's commands are run, and a browser as wide as a phone. That needs root, which CI has.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser, phone, system } from './page/chromium';
import { freePorts, type Running, repository, runSluice, until } from './running';

const guide = readFileSync(join(repository, 'docs', 'reach.md'), 'utf8');
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].flatMap(([, block]) =>
    block!.trim().split('\n'),
  );
const isRoot = process.getuid?.() === 0;
if (!isRoot)
  console.error('SKIPPED: the page from another machine, since only root makes network namespaces');

/** Of the cable's two ends: addresses that are for such tests (RFC 2544). */
const here = '198.18.77.1';
const there = '198.18.77.2';
const space = `sluice-${process.pid}`;
const [near, far] = [`slu${process.pid}n`.slice(0, 15), `slu${process.pid}f`.slice(0, 15)];

describe.skipIf(!isRoot && !process.env.CI)('from another machine', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-network-'));
  const keys: Record<string, string> = {};
  let port: number;
  let serving: Running | undefined;

  /** A command of the document, there. */
  const run = (command: string, KEY = keys.scripts!) => {
    const placed = command
      .replaceAll('gateway.local', here)
      .replace(/\b847(\d)\b/g, (_, offset) => String(port + Number(offset)));
    return spawnSync('ip', ['netns', 'exec', space, 'sh', '-c', placed], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 40_000,
      env: { ...process.env, KEY },
    });
  };

  beforeAll(async () => {
    for (const command of [
      `netns add ${space}`,
      `link add ${near} type veth peer name ${far} netns ${space}`,
      `address add ${here}/30 dev ${near}`,
      `link set ${near} up`,
      `-n ${space} address add ${there}/30 dev ${far}`,
      `-n ${space} link set ${far} up`,
    ])
      execFileSync('ip', command.split(' '));
    const state = join(directory, 'state');
    const machine = JSON.parse(readFileSync(join(repository, 'docs', 'examples', 'main.json'), 'utf8'));
    machine.remotes[0].secret = 'of-this-test-only-81c2';
    machine.services[0].attributes.capture_dir = join(directory, 'capture');
    writeFileSync(join(directory, 'main.json'), JSON.stringify(machine));
    port = await freePorts();
    const [anna, scripts, serve] = blocks('sh');
    for (const command of [anna!, scripts!]) {
      const words = command.replace('npx sluice ', '').split(' ');
      const added = runSluice(...words, '--directory', state);
      expect(await added.exited, added.output()).toBe(0);
      keys[words[3]!] = added.output().trim().split('\n').at(-1)!;
    }
    const words = serve!
      .replace('npx sluice ', '')
      .replace('home/main.json', join(directory, 'main.json'))
      .replace('docs/', `${repository}/docs/`)
      .split(' ');
    serving = runSluice(...words, '--directory', state, '--port', String(port), '--link', '127.0.0.1');
    const { output } = serving;
    await until(() => output().includes('To flash'), 90_000, 'everything runs');
    writeFileSync(join(directory, 'authority.pem'), readFileSync(join(state, 'authority.pem')));
  }, 180_000);

  afterAll(async () => {
    serving?.child.kill('SIGTERM');
    await serving?.exited;
    spawnSync('ip', ['link', 'delete', near]);
    spawnSync('ip', ['netns', 'delete', space]);
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  test('the address by number is printed', () => {
    expect(serving!.output()).toContain(`https://${here}:${port}/`);
  });

  test('each command of the guide does what it says, over TLS that is checked', async () => {
    const [streams, query, publish, subscribe, ...others] = blocks('sh elsewhere');
    expect(others).toEqual([]);
    const published = run(publish!);
    expect(published.status, published.stderr).toBe(0);
    await until(() => run(streams!).stdout.includes('"temperature"'), 30_000, 'the stream is there');
    const answered = run(query!);
    expect(answered.stdout, answered.stderr).toMatch(/^time,.*temperature\r?\n\S+Z,.*21\.5/);
    const live = run(subscribe!);
    expect(live.stdout, live.stderr).toMatch(/^live\/sluice\/shed .*"temperature":21\.5/);
  }, 120_000);

  test('nothing is given to who has no key, another authority, or no TLS', () => {
    const [streams, , publish, subscribe] = blocks('sh elsewhere');
    for (const command of [streams!, publish!, subscribe!]) expect(run(command, 'none').status).not.toBe(0);
    // 60: the peer's certificate is not authenticated; 22: the answer is an error.
    expect(run(streams!.replace('--cacert authority.pem ', '')).status).toBe(60);
    const plain = streams!.replace('https:', 'http:');
    expect(run(plain).status).toBe(22);
    expect(run(plain.replace('--fail ', '')).stdout).toMatch(/^{"error":"this port speaks TLS alone: https:/);
  }, 60_000);

  test('the page is logged in to, and has all of itself on a phone', async () => {
    const browser = join(directory, 'browser.sh');
    writeFileSync(browser, `#!/bin/sh\nexec ip netns exec ${space} ${system} "$@"\n`, {
      mode: 0o755,
    });
    const context = await openBrowser(directory, phone, browser);
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      await page.goto(`https://${here}:${port}/`);
      expect(new URL(page.url()).pathname).toBe('/login');
      await page.fill('input[name="name"]', 'anna');
      await page.fill('input[name="key"]', keys.anna!);
      await page.click('button');
      await page.getByRole('heading', { name: 'esp-home' }).waitFor();
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect(width).toBeLessThanOrEqual(390);
    } finally {
      await context.close();
    }
  }, 120_000);
});
