import { expect, test } from 'vitest';
import { VirtualTimer } from '../capture/virtual-timer.node';
import { Lifetime } from './lifetime';
import type { Preferences } from './settings';

function boot(store: Map<string, unknown>, waiting: unknown) {
  const timer = new VirtualTimer();
  const preferences = {
    get: (key: string) => store.get(key),
    set: (key: string, value: unknown) => store.set(key, value),
    delete: (key: string) => store.delete(key),
  } as unknown as Preferences;
  const lifetime = new Lifetime(preferences, timer, { clock: timer, waiting });
  return { timer, lifetime };
}

test('a boot without a gateway notes that it lives, and the next one knows for how long', () => {
  const store = new Map<string, unknown>();
  const first = boot(store, {});
  expect(first.lifetime.previous, 'nobody noted before').toBeUndefined();
  first.timer.run(7_300_000);
  first.lifetime.close();
  const second = boot(store, {});
  expect(second.lifetime.previous).toBe(7_200_000);
  second.timer.run(500_000);
  second.lifetime.close();
  expect(boot(store, {}).lifetime.previous, 'it ended before its first note').toBe(0);
});

test('while the gateway hears of it nothing is written', () => {
  const store = new Map<string, unknown>();
  const { timer } = boot(store, undefined);
  timer.run(86_400_000);
  expect(store.get('alive')).toBe(0);
});
