/**
 * `npm start` as a user has it: cloud, gateway and the simulated ESP32 in real time, the page in a real browser.
 * The outage is shortened here; `npm run soak -- start-outage` takes the two minutes.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StateView } from '../gateway/page-api/state';
import { isThere, openBrowser } from './page/chromium';
import { freePorts, type Running, repository, runSluice, until } from './running';

/** Where the documents' picture of the page is: taken anew with SLUICE_PICTURE=keep. */
const picture = join(repository, process.env.SLUICE_PICTURE === 'keep' ? 'docs' : '.build', 'page.png');
/** Milliseconds without WiFi. */
const outage = Number(process.env.SLUICE_OUTAGE_MS ?? 12_000);

describe.skipIf(!isThere && !process.env.CI)('npm start (skipped when /usr/bin/chromium is missing)', () => {
  let directory: string;
  let port: number;
  let running: Running;
  let context: BrowserContext;
  let page: Page;
  /** Errors of the page, as the browser's console has them. */
  const complaints: string[] = [];

  const state = async () => (await (await fetch(`http://127.0.0.1:${port}/api/state`)).json()) as StateView;
  const part = async () => (await state()).parts[0]!;
  const plot = (name: string) => page.locator('.plot', { has: page.getByText(name, { exact: true }) });
  const attribute = async (name: string, key: string) => Number(await plot(name).getAttribute(`data-${key}`));
  const act = (action: string) => page.click(`[data-action="${action}"]`);
  const verdicts = () => page.locator('.account td:last-child').allTextContents();
  /** Three sums of each of the five streams; after a start they come one by one. */
  const sumsHold = async () => {
    const right = async () => (await verdicts()).filter((verdict) => verdict === '✓').length;
    await until(async () => (await right()) >= 15, 20_000, 'fifteen sums that hold');
    expect((await verdicts()).filter((verdict) => verdict !== '✓' && verdict !== '')).toEqual([]);
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-start-'));
    port = await freePorts();
    running = runSluice('start', '--port', String(port), '--directory', join(directory, 'state'));
    await until(
      () => running.output().includes('http://') || running.child.exitCode !== null,
      150_000,
      'start',
    );
    expect(running.output()).toContain(`http://localhost:${port}/`);
    context = await openBrowser(directory);
    page = await context.newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`http://localhost:${port}/`);
  }, 180_000);

  afterAll(async () => {
    await context?.close();
    running?.child.kill('SIGKILL');
    await running?.exited;
    await rm(directory, { recursive: true, force: true });
  });

  test('shows live signals of every stream, and sums that hold', { timeout: 60_000 }, async () => {
    for (const name of ['my-esp32 A1', 'my-esp32 A2', 'my-esp32 pin 27', 'room', 'wifi']) {
      await until(async () => (await attribute(name, 'samples')) > 3, 30_000, `samples of ${name}`);
    }
    const before = await attribute('my-esp32 A1', 'samples');
    await until(
      async () => (await attribute('my-esp32 A1', 'samples')) > before + 100,
      20_000,
      'more samples',
    );
    await sumsHold();
  });

  test('has logged no error, though WiFi came after the first readings were due', async () => {
    const lines = (await readFile(join(directory, 'state', 'sluice.log'), 'utf8')).trim().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
    expect(entries.filter(({ level }) => level >= 50)).toEqual([]);
    expect(entries).toContainEqual(
      expect.objectContaining({
        level: 30,
        in: 'esp-home',
        msg: 'rdk:component:sensor/wifi Readings: not connected to an access point',
      }),
    );
  });

  test('fits a phone, in the dark as well', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    const [width, ground] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      getComputedStyle(document.documentElement).backgroundColor,
    ]);
    expect(width).toBeLessThanOrEqual(390);
    expect(ground).toBe('rgb(16, 22, 21)');
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test('fills the plot in after an outage, loses nothing, and brings all of it to the cloud', {
    timeout: outage + 120_000,
  }, async () => {
    const from = Date.now();
    await act('wifi');
    await until(async () => !(await part()).connected, 20_000, 'the page to see the outage');
    await new Promise((resolve) => setTimeout(resolve, outage));
    await act('wifi');
    const to = Date.now();
    await until(async () => (await part()).connected, 60_000, 'the part to come back');
    const url = `http://127.0.0.1:${port + 2}/query?part=esp-home&stream=my-esp32_A1&from=${from}&to=${to}`;
    const inOutage = async () => ((await (await fetch(url)).json()) as unknown[]).length;
    const ticks = (to - from) / 10;
    const { missed } = (await part()).streams.find(({ key }) => key.includes('A1'))!.device!;
    await until(
      async () => (await inOutage()) >= ticks - missed - 5,
      60_000,
      `${ticks} readings in the cloud`,
    );
    expect((await part()).losses).toEqual([]);
    await sumsHold();
  });

  test('is in README as it is', { timeout: 60_000 }, async () => {
    const readme = await readFile(join(repository, 'README.md'), 'utf8');
    expect(readme).toContain('](docs/page.png)');
    await page.setViewportSize({ width: 1280, height: 1000 });
    await page.screenshot({ path: picture });
    const kept = await readFile(join(repository, 'docs', 'page.png'));
    // Of a PNG, width and height.
    expect([kept.readUInt32BE(16), kept.readUInt32BE(20)]).toEqual([1280, 1000]);
  });

  test('names what a power cut lost', { timeout: 90_000 }, async () => {
    await act('wifi');
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const { boot } = await part();
    await act('power-cut');
    await act('wifi');
    await until(
      async () => (await part()).connected && (await part()).boot !== boot,
      60_000,
      'the next boot',
    );
    await until(async () => (await part()).losses.length > 0, 20_000, 'a loss by name');
    expect((await part()).losses[0]).toMatchObject({ boot, cause: 'reboot', lowerBound: true });
    await page.locator('[data-losses] tr').first().waitFor();
    await sumsHold();
    expect(complaints).toEqual([]);
  });

  test('refuses a second start, and taken ports, in one sentence each', { timeout: 60_000 }, async () => {
    const second = runSluice('start', '--port', String(port), '--directory', join(directory, 'state'));
    expect(await second.exited).toBe(1);
    expect(second.output()).toMatch(/^sluice: it runs already in .*: see http:\/\/localhost:\d+\/\n$/m);
    const other = runSluice('start', '--port', String(port), '--directory', join(directory, 'other'));
    expect(await other.exited).toBe(1);
    expect(other.output()).toMatch(/^sluice: the \w+ cannot start: port \d+ is in use: .*--port\n$/m);
  });

  test('ends cleanly on Ctrl-C, and wrote no secret to its log', { timeout: 30_000 }, async () => {
    running.child.kill('SIGINT');
    expect(await running.exited).toBe(0);
    const secret = await readFile(join(directory, 'state', 'secret'), 'utf8');
    expect(await readFile(join(directory, 'state', 'sluice.log'), 'utf8')).not.toContain(secret);
  });
});
