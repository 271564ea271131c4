/** One line about the sync with the cloud, with the countdown to its next try. */
import type { StateView } from '@sluice/gateway/page-api/state';
import { count, duration, setText } from './dom';

export function showSync(node: HTMLElement, { sync, files }: StateView, now: number): void {
  node.className = sync.failures > 0 ? 'pill bad' : sync.disabled ? 'pill' : 'pill good';
  setText(
    node,
    text(sync, now) + (files.failed > 0 ? `. ${count(files.failed)} files set aside in failed/` : ''),
  );
}

function text({ disabled, running, failures, next, lastError }: StateView['sync'], now: number): string {
  if (running) return 'Syncing to the cloud';
  if (disabled) return 'Sync to the cloud is off';
  const left = duration(Math.max(0, (next ?? now) - now));
  if (failures > 0) return `Cloud away (${lastError}): try ${failures + 1} in ${left}`;
  return `Next sync to the cloud in ${left}`;
}
