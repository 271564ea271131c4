/** Rings filling and draining, and the conservation sums of device and gateway, stream by stream. */
import type { PartView, StreamView } from '@sluice/gateway/page-api/state';
import { bytes, count, element, setText } from './dom';
import { titleOf } from './plot';

interface Row {
  root: HTMLTableSectionElement;
  ring: HTMLElement;
  timing: HTMLElement;
  fill: HTMLElement;
  estimate: HTMLElement;
  device: HTMLTableCellElement[];
  gateway: HTMLTableCellElement[];
}

const deviceTerms = ['captured', 'acknowledged', 'overwritten', 'discarded', 'stored'] as const;
const deviceLabels = ['captured', '= acknowledged', '+ overwritten', '+ discarded', '+ stored', ''];
const gatewayLabels = ['received', '= uploaded', '+ set aside', '+ deleted', '+ stored', ''];
const gatewayTerms = ['received', 'uploaded', 'setAside', 'deleted', 'stored'] as const;

export class Account {
  readonly root = element('section', { className: 'card wide' });
  readonly #table = element('table', { className: 'account' });
  readonly #rows = new Map<string, Row>();

  constructor() {
    this.root.append(
      element('h3', {}, 'Every reading, accounted for'),
      element('div', { className: 'scroll' }, this.#table),
    );
    const heads = (first: string, terms: readonly string[]) =>
      element('tr', {}, element('th', {}, first), ...terms.map((term) => element('th', {}, term)));
    this.#table.append(
      element('thead', {}, heads('on the part', deviceLabels), heads('on the gateway', gatewayLabels)),
    );
  }

  show(part: PartView, now: number): void {
    for (const stream of part.streams) {
      let row = this.#rows.get(stream.key);
      if (!row) {
        row = makeRow(stream);
        this.#rows.set(stream.key, row);
        this.#table.append(row.root);
      }
      showRing(row, stream, part, now);
      setText(row.timing, timing(stream));
      fillTerms(row.device, stream.device && deviceTerms.map((term) => stream.device![term]));
      fillTerms(row.gateway, stream.gateway && gatewayTerms.map((term) => stream.gateway![term]));
    }
    for (const [key, { root }] of this.#rows) {
      if (part.streams.some((stream) => stream.key === key)) continue;
      root.remove();
      this.#rows.delete(key);
    }
  }
}

function makeRow(stream: StreamView): Row {
  const cells = (terms: readonly string[]) => terms.map((term) => element('td', { data: { term } }));
  const fill = element('div', { className: 'fill' });
  const estimate = element('div', { className: 'estimate' });
  const ring = element('span', { className: 'quiet' });
  const timing = element('span', { className: 'quiet' });
  const device = cells(deviceLabels);
  const gateway = cells(gatewayLabels);
  const title = element(
    'th',
    {},
    titleOf(stream),
    element('div', { className: 'ring' }, fill, estimate),
    ring,
    element('br'),
    timing,
  );
  const root = element(
    'tbody',
    { data: { stream: stream.key } },
    element('tr', {}, title, ...device),
    element('tr', { className: 'gateway' }, element('th', { className: 'quiet' }, 'gateway'), ...gateway),
  );
  return { root, ring, timing, fill, estimate, device, gateway };
}

/** While a part is away its ring is only known as of the last status: what it should hold by now is estimated. */
function showRing(row: Row, stream: StreamView, part: PartView, now: number): void {
  if (!stream.ring) return;
  const { quota } = stream.ring;
  const share = (amount: number) => `${Math.min(100, (100 * amount) / quota).toFixed(1)}%`;
  row.fill.style.width = share(stream.ring.bytes);
  const away = !part.connected && part.statusAt !== null ? now - part.statusAt : 0;
  const guess = stream.ring.bytes + away * byteRate(stream);
  row.estimate.style.width = away > 0 ? share(Math.max(0, guess - stream.ring.bytes)) : '0';
  const amount = away > 0 ? `about ${bytes(Math.min(guess, quota))}` : bytes(stream.ring.bytes);
  setText(row.ring, `${amount} of ${bytes(quota)}`);
  row.root.dataset.ring = String(Math.round(Math.min(guess, quota)));
}

/** Ticks that were not taken, and those that were late. */
function timing({ device }: StreamView): string {
  if (!device) return '';
  const failed = device.failed > 0 ? `, ${count(device.failed)} failed` : '';
  return `${count(device.missed)} missed, ${count(device.late)} late${failed}`;
}

/** Bytes a millisecond: from what the ring holds, else half a byte a reading. */
function byteRate({ frequency, ring, device }: StreamView): number {
  const perReading = ring && device && device.stored > 200 ? ring.bytes / device.stored : 0.6;
  return (frequency / 1000) * perReading;
}

/** The first term is the sum of the others; the last cell says whether it is. */
function fillTerms(cells: HTMLTableCellElement[], terms: number[] | undefined): void {
  if (!terms) return;
  for (const [index, term] of terms.entries()) {
    setText(cells[index]!, count(term));
    cells[index]!.className = index > 1 && index < 4 && term > 0 ? 'loss' : '';
  }
  const [whole, ...rest] = terms;
  const difference = whole! - rest.reduce((sum, term) => sum + term, 0);
  const verdict = cells[5]!;
  setText(verdict, difference === 0 ? '✓' : `≠ by ${count(difference)}`);
  verdict.className = difference === 0 ? 'right' : 'wrong';
}
