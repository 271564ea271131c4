/** The page: server-sent events in, parts out. */
import { applyChange } from '@sluice/gateway/page-api/apply-change';
import type { BlockEvent, StateChange, StateView } from '@sluice/gateway/page-api/state';
import { Alerts } from './alerts';
import { Connection } from './connection';
import { element, setText } from './dom';
import { Part } from './part';
import { Problems } from './problems';
import { samplesOf } from './samples';
import { showSync } from './sync';

/** Milliseconds between two drawings of the plots; of what else depends on the time, a multiple. */
const drawPeriod = 250;
const drawsPerTick = 4;
/** Spans of time that can be chosen, in minutes. */
const spans = [0.25, 1, 5, 15];

const root = document.querySelector<HTMLElement>('#parts')!;
const sync = document.querySelector<HTMLElement>('#sync')!;
const log = document.querySelector<HTMLElement>('#log')!;
const none = document.querySelector<HTMLElement>('#no-remotes')!;
const parts = new Map<string, Part>();
const alerts = new Alerts();
const problems = new Problems();
let state: StateView | undefined;
/** Milliseconds by which the gateway's clock is ahead of this one. */
let ahead = 0;
let span = 60_000;
let draws = 0;

const connection = new Connection({
  state: (data) => {
    state = data as StateView;
    show(state);
  },
  change: (data) => {
    if (!state) return;
    applyChange(state, data as StateChange);
    show(state);
  },
  blocks: (data) => {
    for (const block of data as BlockEvent[]) addBlock(block);
  },
});
root.before(connection.root, alerts.root, problems.root);

function addBlock(block: BlockEvent): void {
  const part = parts.get(block.part);
  if (!part) return;
  const all = samplesOf(block);
  for (const samples of all) part.add(samples);
  const readings = all[0]?.times.length ?? 0;
  // Of base64, four characters are three bytes.
  if (readings > 0) part.measure(block.stream, (block.bytes.length * 3) / 4, readings);
}

function show(received: StateView): void {
  ahead = received.now - Date.now();
  problems.show(received.problems);
  alerts.show(received.alerts, received.now);
  none.hidden = received.remotes > 0;
  setText(log, `Its log: ${received.log}`);
  if (parts.size === 0) root.replaceChildren(...(received.parts.length > 0 ? [spanChooser()] : []));
  for (const view of received.parts) {
    let part = parts.get(view.name);
    if (!part) {
      part = new Part(view.name);
      parts.set(view.name, part);
      root.append(part.root);
    }
    part.show(view, received.started, received.now);
  }
  for (const [name, part] of parts) {
    if (received.parts.some((view) => view.name === name)) continue;
    part.root.remove();
    parts.delete(name);
  }
}

function spanChooser(): HTMLElement {
  const buttons = spans.map((minutes) => {
    const label = minutes < 1 ? `${minutes * 60} s` : `${minutes} min`;
    return element('button', { onclick: () => choose(minutes), data: { span: String(minutes) } }, label);
  });
  const choose = (minutes: number) => {
    span = minutes * 60_000;
    for (const button of buttons) button.ariaPressed = String(Number(button.dataset.span) === minutes);
    draw();
  };
  choose(span / 60_000);
  return element(
    'div',
    { className: 'spans' },
    element('span', { className: 'quiet' }, 'show the last'),
    ...buttons,
  );
}

function draw(): void {
  const now = Date.now() + ahead;
  connection.tick(Date.now());
  document.body.classList.toggle('stale', connection.isLost);
  if (state) showSync(sync, state, now);
  if (document.hidden) return;
  for (const part of parts.values()) part.draw(now - span, now);
  if (draws++ % drawsPerTick === 0) for (const part of parts.values()) part.tick(now);
}

setInterval(draw, drawPeriod);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const part of parts.values()) part.restyle();
});
