/** The system's Chromium, for tests of the page: without a window, and without a word to anybody. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

export const system = '/usr/bin/chromium';
const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const desktop = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };
/** The narrowest that is still about. */
export const smallPhone = { width: 320, height: 640 };

export const isThere = existsSync(system);

/**
 * @param directory of the test: its profile is kept in it
 * @param executablePath Chromium, or what begins it
 */
export function openBrowser(
  directory: string,
  viewport = desktop,
  executablePath = system,
): Promise<BrowserContext> {
  return chromium.launchPersistentContext(join(directory, `browser-${viewport.width}`), {
    executablePath,
    headless: true,
    args,
    viewport,
    ignoreHTTPSErrors: true,
  });
}
