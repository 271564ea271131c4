/** The page in a real browser, over a gateway of which the test says what it knows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HistoryView, LossView } from '../../gateway/page-api/state';
import { desktop, isThere, openBrowser, phone, smallPhone } from './chromium';
import { part, ScriptedGateway, stream } from './scripted-gateway';

const minute = 60_000;
const day = 24 * 60 * minute;
const patience = { timeout: 15_000 };

describe.skipIf(!isThere && !process.env.CI)('the page (skipped when /usr/bin/chromium is missing)', () => {
  let directory: string;
  let gateway: ScriptedGateway;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  // As it is rendered: lines, and nothing that is hidden.
  const text = async (selector: string) => (await page.locator(selector).first().allInnerTexts())[0] ?? '';
  const shows = (selector: string, words: RegExp | string) =>
    expect.poll(() => text(selector), patience).toMatch(words);
  const sumOf = (key: string, sum: string) => `tbody[data-stream$="${key}"] [data-sum="${sum}"]`;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-page-'));
    gateway = await ScriptedGateway.start(join(directory, 'page'));
    context = await openBrowser(directory);
  }, 60_000);
  afterAll(async () => {
    await context?.close();
    await gateway?.close();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    complaints = [];
    gateway.show({ parts: [part()], alerts: [], remotes: 1, started: Date.now() - 3_600_000 });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.setViewportSize(desktop);
    await page.goto(gateway.address);
    await page.locator('[data-part="shed"]').waitFor();
  }, 60_000);
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  describe('the head of a part', () => {
    test('counts up for who is up alone', async () => {
      await shows('.facts', /boot 7-0badcafe.*up 1 h/);
      const away = part({
        connected: false,
        since: Date.now() - 5 * minute,
        statusAt: Date.now() - 5 * minute,
      });
      gateway.show({ parts: [away] });
      await shows('.pill.bad', /away since \d\d:\d\d:\d\d, 5 min/);
      await shows('.facts.old', /as of .*had been up 1 h( ·|$)/);
      expect(await text('.facts')).not.toMatch(/· up /);
    });

    test('says why the link of a part ended that is back, as the part says it', async () => {
      gateway.show({ parts: [part({ linkEnd: 'what answers there is no TLS server' })] });
      await shows('.facts', /its link ended last by: what answers there is no TLS server/);
      gateway.show({ parts: [part()] });
      await shows('.facts', /^(?!.*its link)/);
    });

    test('says of a boot that has not reported what is known of it, and that it is awaited', async () => {
      const { uptime: _uptime, heap: _heap, ...fresh } = part({ boot: '8-00000001', statusAt: null });
      gateway.show({ parts: [fresh] });
      await shows('.facts', /boot 8-00000001/);
      expect(await text('.facts')).not.toMatch(/up |heap/);
      await shows('[data-wait]', 'waiting for its first report');
    });

    test('says nothing of the boot of a part that never came', async () => {
      const unseen = { connected: false, since: null, boot: '', chip: '', firmware: '', resetReason: '' };
      gateway.show({ parts: [part({ ...unseen, clock: '', statusAt: null, streams: [] })] });
      await shows('.pill.bad', 'not seen yet');
      await shows('[data-wait]', /has never dialled/);
      expect(await page.locator('.facts').isVisible()).toBe(false);
    });
  });

  describe('what is waited for', () => {
    const simulated = (simulation: object) =>
      part({
        connected: false,
        since: Date.now() - minute,
        extension: { simulation: { wifi: true, running: true, ...simulation } },
      });

    test('is said of a simulated board, with the seconds that are left', async () => {
      gateway.show({ parts: [simulated({ wifi: false })] });
      await shows('[data-wait]', 'WiFi is off, the board keeps what it captures');
      gateway.show({ parts: [simulated({})] });
      await shows('[data-wait]', 'WiFi is on, the board is looking for it every 5 s');
      gateway.show({ parts: [simulated({ running: false, again: Date.now() + 12_000 })] });
      await shows('[data-wait]', /its process has died: trying again in (12|11|10) s/);
      await shows('[data-wait]', /trying again in [7-9] s/);
    });

    test('is said of a real board', async () => {
      gateway.show({ parts: [part({ connected: false, since: Date.now() - minute })] });
      await shows('[data-wait]', /looks for its WiFi every 5 s/);
      gateway.show({ parts: [part({ connected: false, since: Date.now() - 30 * minute })] });
      await shows('[data-wait]', /looks for its WiFi every 30 s/);
      gateway.show({ parts: [part({ connected: false, asleepUntil: Date.now() + 2 * minute })] });
      await shows('[data-wait]', /is back in 1 min \d+ s|is back in 2 min/);
    });

    test('is said of the cloud', async () => {
      const next = Date.now() + 12_000;
      const failing = { failures: 3, lastError: 'not reached', next };
      gateway.show({ sync: { disabled: false, running: false, retries: 3, ...failing } });
      await shows('#sync', /Cloud away \(not reached\), 3 tries: trying again in 1?\d s/);
    });

    test('is said of the gateway itself, which the page finds again', async () => {
      await gateway.close();
      await shows('[data-connection]', /The gateway is not reached: trying (again in \d+ s|now)/);
      const isStale = () => page.evaluate(() => document.body.classList.contains('stale'));
      await expect.poll(isStale, patience).toBe(true);
      await gateway.listen();
      gateway.show({ log: '/elsewhere.log' });
      await page.locator('[data-connection]').waitFor({ state: 'hidden', timeout: 30_000 });
      await shows('#log', '/elsewhere.log');
      gateway.show({ log: '/var/lib/sluice/sluice.log' });
    });
  });

  test('leads to the login who is logged in no more', async () => {
    gateway.isLocked = true;
    gateway.drop();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/login');
    gateway.isLocked = false;
  });

  test('says that no board is configured, and where the log is', async () => {
    expect(await page.locator('#no-remotes').isVisible()).toBe(false);
    gateway.show({ remotes: 0, parts: [] });
    await shows('#no-remotes', 'No board is configured');
    await shows('#log', '/var/lib/sluice/sluice.log');
  });

  describe('streams', () => {
    test('keep their cards when a boot begins, and say that they have ended', async () => {
      gateway.show({ parts: [part({ streams: [stream('A1'), stream('A2')] })] });
      await page.locator('.plot', { hasText: 'A2' }).waitFor();
      const { device: _device, ring: _ring, ...known } = stream('A2', { over: 'earlier' });
      gateway.show({ parts: [part({ boot: '8-00000001', streams: [stream('A1'), known] })] });
      await shows('details summary', '1 stream that ran before');
      await page.locator('details summary').click();
      await shows('details .note', 'nothing of it in this boot');
      await shows(`details ${sumOf('A2', 'gateway')}`, /5,650[\s\S]*5,000/);
      gateway.show({ parts: [part({ streams: [stream('A1'), stream('A2', { over: 'ended' })] })] });
      await shows('details .note', 'ended');
      gateway.show({ parts: [part({ streams: [stream('A1'), stream('A2')] })] });
      await page.locator('details').waitFor({ state: 'hidden' });
      expect(await page.locator('.account tbody').count()).toBe(2);
    });

    test('have the sums of part and gateway over the same boot, at the same moment', async () => {
      await shows(sumOf('A1', 'part'), /part, this boot\s[\s\S]*900[\s\S]*600[\s\S]*300[\s\S]*✓/);
      await shows(sumOf('A1', 'then'), /gateway, the same\s[\s\S]*650[\s\S]*✓/);
      await shows(sumOf('A1', 'gateway'), /gateway, all boots[\s\S]*5,650[\s\S]*✓/);
      const missing = stream('A1', { device: { ...stream('A1').device!, received: 590 } });
      gateway.show({ parts: [part({ streams: [missing] })] });
      await shows(sumOf('A1', 'then'), '10 are missing');
    });

    test('have figures that are marked as old, with their time, as soon as they are', async () => {
      expect(await page.locator(`${sumOf('A1', 'part')}.old`).count()).toBe(0);
      gateway.show({ parts: [part({ connected: false, statusAt: Date.now() - minute })] });
      await shows(`${sumOf('A1', 'part')}.old`, /part, this boot at \d\d:\d\d:\d\d/);
      await shows(`${sumOf('A1', 'then')}.old`, /gateway, the same at \d\d:\d\d:\d\d/);
      expect(await page.locator(`${sumOf('A1', 'gateway')}.old`).count()).toBe(0);
    });

    test('have rings that fill by what their own readings take', async () => {
      // 1,200 B in 300 readings, 100 a second: 400 B/s.
      const away = { connected: false, statusAt: Date.now() - 10_000, since: Date.now() - 10_000 };
      const large = stream('A2', { ring: { bytes: 12_000, quota: 64_000 } });
      gateway.show({ parts: [part({ ...away, streams: [stream('A1'), large] })] });
      const ring = async (key: string) =>
        Number(await page.locator(`tbody[data-stream$="${key}"]`).getAttribute('data-ring'));
      await expect.poll(() => ring('A1'), patience).toBeGreaterThan(4_000);
      const [small, tenfold] = [await ring('A1'), await ring('A2')];
      expect(small).toBeLessThan(20_000);
      expect(tenfold / small).toBeGreaterThan(5);
      expect(await text('tbody[data-stream$="A1"] .facts-line')).toMatch(/ring about [\d.,]+ KB of 64 KB/);
    });
  });

  test('names losses shortly, at least and at most, with their times and what they come to', async () => {
    const now = Date.now();
    const name = { owner: 'part' as const, resource: 'rdk:component:board/old-board', method: 'Analogs' };
    const loss = (of: Partial<LossView>): LossView => ({
      stream: 'shed old',
      name: { ...name, parameters: { reader_name: 'A9' } },
      boot: '6-1',
      cause: 'quota',
      readings: 12,
      start: now - 2 * minute,
      end: now - minute,
      lowerBound: false,
      ...of,
    });
    const bounds = { lowerBound: true, readings: 5, atMost: 40, cause: 'reboot', stream: 'shed other' };
    const losses = [loss({}), loss({ ...bounds, start: now - 3 * day, end: now - 2 * day })];
    gateway.show({ parts: [part({ losses, forgotten: 0 })] });
    await shows('[data-total]', 'In all at least 17, at most 52 readings of 2 streams.');
    const rows = await page.locator('.losses tr').allInnerTexts();
    expect(rows[0]).toMatch(/^old-board A9\s+at least 5, at most 40\s+the board started again/);
    expect(rows[0]).toMatch(/\d+ \w{3} \d\d:\d\d:\d\d – \d+ \w{3} \d\d:\d\d:\d\d/);
    expect(rows[1]).toMatch(/^old-board A9\s+12\s+its ring was full\s+\d\d:\d\d:\d\d – \d\d:\d\d:\d\d/);
  });

  test('explains each colour of the flash map that is there, and no other', async () => {
    const flash = {
      wear: [3, 3, 2, -1, 0],
      epochs: [9, 8, 7, 0, 0],
      live: [1, 4, 0, 0, 0],
      sectorBytes: 4096,
    };
    gateway.show({ parts: [part({ flash })] });
    await page.locator('.legend').waitFor();
    const colours = (list: string) =>
      page
        .locator(`${list} i:visible`)
        .evaluateAll((cells) =>
          [...new Set(cells.map((cell) => getComputedStyle(cell).backgroundColor))].sort(),
        );
    expect(await colours('.legend')).toEqual(await colours('.sectors'));
    expect(await page.locator('.legend li:visible').allInnerTexts()).toHaveLength(5);
    gateway.show({ parts: [part({ flash: { ...flash, wear: [0], epochs: [0], live: [0] } })] });
    await expect.poll(() => page.locator('.legend li:visible').allInnerTexts()).toEqual(['not written yet']);
  });

  describe('the past', () => {
    const series = (name: string, low: number): HistoryView['series'][number] => {
      const from = Date.now() - 50_000;
      const times = Array.from({ length: 40 }, (_, index) => from + index * 1_000);
      return {
        stream: stream('A1').key,
        series: name,
        times,
        low: times.map(() => low),
        high: times.map((_, index) => low + 1 + (index % 5)),
      };
    };
    const plot = () => page.locator('.plot').first();

    test('of before a restart of the gateway comes from the cloud, as soon as that is there', async () => {
      gateway.history = undefined;
      gateway.show({ started: Date.now() - 5_000 });
      await shows(
        '[data-history]',
        /No history from the cloud \(the cloud is not reached\): trying again in \d+ s/,
      );
      gateway.history = [series('', 20)];
      await expect
        .poll(async () => Number(await plot().getAttribute('data-samples')), { timeout: 30_000 })
        .toBeGreaterThan(70);
      await expect.poll(() => page.locator('[data-history]').isVisible()).toBe(false);
      expect(Number(await plot().getAttribute('data-gaps'))).toBe(0);
    });

    test('of three fields is three lines, each with an axis in its colour, and none over another', async () => {
      gateway.history = [series('celsius', 20), series('fahrenheit', 70), series('millivolts', 700)];
      gateway.show({ started: Date.now() - 5_000 });
      await expect.poll(() => plot().getAttribute('data-axes'), patience).toBe('3');
      const fields = plot().locator('.field');
      const colours = await fields.evaluateAll((all) => all.map((field) => getComputedStyle(field).color));
      expect(new Set(colours).size).toBe(3);
      const drawn = await plot().locator('canvas').evaluate(rowsByColour, colours);
      // Rows of pixels in the middle of the plot, where only lines are: the bands do not touch.
      for (const [low, high] of drawn) expect(high).toBeGreaterThan(low);
      const sorted = [...drawn].sort((a, b) => a[0] - b[0]);
      for (const [index, [low]] of sorted.entries())
        if (index > 0) expect(low).toBeGreaterThan(sorted[index - 1]![1]);
      await fields.nth(2).click();
      await expect.poll(() => plot().getAttribute('data-axes'), patience).toBe('2');
    });
  });

  test('shows alerts that stand, and those that ended', async () => {
    const raised = Date.now() - minute;
    const away = { kind: 'part-away' as const, subject: 'barn', message: 'barn is away', raised };
    const lost = {
      kind: 'readings-lost' as const,
      subject: 'shed',
      message: 'shed has lost 3 readings',
      raised,
    };
    gateway.show({ alerts: [away, { ...lost, resolved: Date.now() }] });
    await shows('.alerts .standing', /barn is away\s+\d\d:/);
    await shows('.alerts .over', /shed has lost 3 readings[\s\S]*over at/);
    gateway.show({ alerts: [] });
    await page.locator('.alerts').waitFor({ state: 'hidden' });
  });

  test.each([phone, smallPhone])(
    'cuts nothing off at $width pixels',
    { timeout: 60_000 },
    async (viewport) => {
      const name = 'a-plant-controller-with-a-long-name-in-the-second-greenhouse';
      const resource = `rdk:component:board/${name}`;
      const long = stream('humidity_of_the_lower_bed', { key: `${name} long`, resource });
      const loss = {
        ...{ stream: `stream 4 of boot 1-e180a56c`, boot: '1-1', cause: 'earlier boot', readings: 1_234_567 },
        ...{
          start: Date.now() - 400 * day,
          end: Date.now() - 399 * day,
          lowerBound: true,
          atMost: 12_345_678,
        },
      };
      const flash = { wear: [3, -1, 0], epochs: [9, 0, 0], live: [1, 0, 0], sectorBytes: 4096 };
      const message = `${name} is away since 2026-11-29T14:51:25.123Z: told to come back: the gateway is stopping`;
      const problem = { severity: 'error', code: '', path: '$.components[0].attributes.analogs[3]', message };
      const shown = part({ name, losses: [loss], forgotten: 7, flash, problems: [problem] });
      gateway.show({
        parts: [{ ...shown, streams: [long, stream('B', { key: 'over', resource, over: 'ended' })] }],
        alerts: [{ kind: 'part-away', subject: name, message, raised: Date.now() - 400 * day }],
        problems: [problem],
        log: `/var/lib/${name}/${name}/sluice.log`,
      });
      await page.setViewportSize(viewport);
      await page.locator(`[data-part="${name}"] summary`).click();
      await shows('.losses', '1,234,567');
      await page.evaluate(() => new Promise(requestAnimationFrame));
      expect(await page.evaluate(cutOff)).toEqual([]);
    },
  );
});

/** In the page: elements that reach beyond the window, or hold more than they show. */
function cutOff(): string[] {
  const all = [...document.body.querySelectorAll<HTMLElement>('*')].filter((each) => !each.closest('.uplot'));
  const isCut = (each: HTMLElement) => {
    const { right, left, width } = each.getBoundingClientRect();
    if (width === 0) return false;
    const hides = getComputedStyle(each).overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1;
    return right > window.innerWidth + 0.5 || left < -0.5 || hides;
  };
  return all
    .filter(isCut)
    .map((each) => `${each.tagName} ${each.className}: ${each.textContent?.slice(0, 60)}`);
}

/** In the page: the first and the last row of pixels of each colour, in the middle third of a plot. */
function rowsByColour(node: Element, colours: string[]): [number, number][] {
  const canvas = node as HTMLCanvasElement;
  const { width, height } = canvas;
  const from = Math.floor(width / 3);
  const pixels = canvas.getContext('2d')!.getImageData(from, 0, from, height).data;
  return colours.map((colour) => {
    const wanted = colour.match(/\d+/g)!.map(Number);
    const isOfColour = (at: number) =>
      wanted.every((part, index) => Math.abs(pixels[at + index]! - part) < 24);
    const rows = Array.from({ length: height }, (_, row) => row).filter((row) =>
      Array.from({ length: from }, (_, column) => 4 * (row * from + column)).some(isOfColour),
    );
    return [rows[0] ?? -1, rows.at(-1) ?? -1];
  });
}
