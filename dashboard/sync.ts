/** One line about the sync with the cloud, with the countdown to its next try. */
import type { StateView } from '@sluice/gateway/page-api/state';
import { count, left, setText } from './dom';

export function showSync(node: HTMLElement, { sync, files }: StateView, now: number): void {
  node.className = sync.failures > 0 ? 'pill bad' : sync.disabled ? 'pill' : 'pill good';
  setText(node, [text(sync, now), ...troublesOf(files)].join('. '));
}

function troublesOf({ failed, unread, unreadBecause }: StateView['files']): string[] {
  const troubles: string[] = [];
  if (failed > 0) troubles.push(`${count(failed)} files set aside in failed/`);
  if (unreadBecause !== undefined) {
    const { path, reason } = unreadBecause;
    troubles.push(`${count(unread)} files cannot be read, and are tried again (${path}: ${reason})`);
  }
  return troubles;
}

function text({ disabled, running, failures, next, lastError }: StateView['sync'], now: number): string {
  if (running) return 'Syncing to the cloud';
  if (disabled) return 'Sync to the cloud is off';
  const until = left(next ?? now, now);
  if (failures > 0) return `Cloud away (${lastError}), ${count(failures)} tries: trying again in ${until}`;
  return `Next sync to the cloud in ${until}`;
}
