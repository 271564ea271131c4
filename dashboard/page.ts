/** The page: server-sent events in, parts out. */
import { applyChange } from '@sluice/gateway/page-api/apply-change';
import type { BlockEvent, StateChange, StateView } from '@sluice/gateway/page-api/state';
import { element } from './dom';
import { Part } from './part';
import { Problems } from './problems';
import { samplesOf } from './samples';
import { showSync } from './sync';

/** Milliseconds between two drawings of the plots. */
const drawPeriod = 250;
/** Spans of time that can be chosen, in minutes. */
const spans = [0.25, 1, 5, 15];

const root = document.querySelector<HTMLElement>('#parts')!;
const sync = document.querySelector<HTMLElement>('#sync')!;
const connection = document.querySelector<HTMLElement>('#connection')!;
const parts = new Map<string, Part>();
const problems = new Problems();
root.before(problems.root);
let state: StateView | undefined;
/** Milliseconds by which the gateway's clock is ahead of this one. */
let ahead = 0;
let span = 60_000;

const events = new EventSource('/api/events');
events.onopen = () => {
  connection.hidden = true;
};
events.onerror = () => {
  connection.hidden = false;
};
events.addEventListener('state', ({ data }) => {
  state = JSON.parse(data) as StateView;
  show(state);
});
events.addEventListener('change', ({ data }) => {
  if (!state) return;
  applyChange(state, JSON.parse(data) as StateChange);
  show(state);
});
events.addEventListener('blocks', ({ data }) => {
  for (const block of JSON.parse(data) as BlockEvent[]) {
    const part = parts.get(block.part);
    for (const samples of part ? samplesOf(block) : []) part!.add(samples);
  }
});

function show(received: StateView): void {
  ahead = received.now - Date.now();
  problems.show(received.problems);
  if (parts.size === 0 && received.parts.length > 0) root.replaceChildren(spanChooser());
  for (const view of received.parts) {
    let part = parts.get(view.name);
    if (!part) {
      part = new Part(view.name);
      parts.set(view.name, part);
      root.append(part.root);
    }
    part.show(view, received.now);
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
    const button = element('button', { data: { span: String(minutes) } }, label);
    button.onclick = () => choose(minutes);
    return button;
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
  if (state) showSync(sync, state, now);
  if (document.hidden) return;
  for (const part of parts.values()) part.draw(now - span, now);
}

setInterval(draw, drawPeriod);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const part of parts.values()) part.restyle();
});
