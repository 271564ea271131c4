import type { StateView } from '@sluice/gateway/page-api/state';
import { describe, expect, test } from 'vitest';
import { showSync } from './sync';

const now = 1_700_000_000_000;

function shown(
  sync: Partial<StateView['sync']>,
  failed = 0,
  unread: Partial<StateView['files']> = {},
): string {
  const node = { className: '', textContent: '' };
  const state = {
    sync: { disabled: false, running: false, failures: 0, next: now + 65_400, ...sync },
    files: { waiting: 0, failed, unread: 0, ...unread },
  };
  showSync(node as HTMLElement, state as StateView, now);
  return node.textContent;
}

describe('the line about the sync', () => {
  test('counts down to the next one', () => {
    expect(shown({})).toBe('Next sync to the cloud in 1 min 6 s');
  });

  test('counts down to the next try, and says why', () => {
    expect(shown({ failures: 3, lastError: 'not reached' })).toBe(
      'Cloud away (not reached), 3 tries: trying again in 1 min 6 s',
    );
  });

  test('says that it is off, and what was set aside', () => {
    expect(shown({ disabled: true }, 2)).toBe('Sync to the cloud is off. 2 files set aside in failed/');
  });

  test('names a file that cannot be read, with the reason', () => {
    const unreadBecause = { path: '/capture/a.sluice', reason: 'EIO: read', since: now };
    expect(shown({ disabled: true }, 0, { unread: 1, unreadBecause })).toBe(
      'Sync to the cloud is off. 1 files cannot be read, and are tried again (/capture/a.sluice: EIO: read)',
    );
  });
});
