/**
 * Rings filling and draining, and the conservation sums of each stream: on the part in this boot, on the gateway of the
 * same boot at the same moment, and on the gateway over all boots. Streams that run no more stay, in a list of their own.
 */
import type { PartView, StreamView } from '@sluice/gateway/page-api/state';
import { bytes, count, dayTime, element, setText } from './dom';
import { titleOf } from './stream-title';

interface Sum {
  row: HTMLTableRowElement;
  label: HTMLElement;
  cells: HTMLTableCellElement[];
}

interface Row {
  root: HTMLTableSectionElement;
  note: HTMLElement;
  bar: HTMLElement;
  ring: HTMLElement;
  timing: HTMLElement;
  fill: HTMLElement;
  estimate: HTMLElement;
  part: Sum;
  /** Of the same boot, when the part told of itself. */
  then: Sum;
  /** Over all boots, now. */
  gateway: Sum;
}

/** ms after which figures are marked as old: while somebody looks, a part is asked every second. */
const fresh = 10_000;
const partTerms = ['captured', 'acknowledged', 'overwritten', 'discarded', 'stored'] as const;
const gatewayTerms = ['received', 'uploaded', 'setAside', 'deleted', 'stored'] as const;
const partLabels = ['captured', '= acknowledged', '+ overwritten', '+ discarded', '+ stored', ''];
const thenLabels = ['received', '', '', '', '', ''];
const gatewayLabels = ['received', '= uploaded', '+ set aside', '+ deleted', '+ stored', ''];
const overNotes = { ended: 'ended', earlier: 'nothing of it in this boot' };

export class Account {
  readonly root = element('section', { className: 'card wide', data: { accounts: '' } });
  readonly #running = table();
  readonly #over = table();
  readonly #overTitle = element('summary');
  readonly #overBox = element('details', { hidden: true, data: { over: '' } });
  readonly #rows = new Map<string, Row>();
  /** By stream: the bytes of a reading in its own blocks. */
  readonly #bytesOf: (key: string) => number | undefined;

  constructor(bytesOf: (key: string) => number | undefined) {
    this.#bytesOf = bytesOf;
    this.#overBox.append(this.#overTitle, element('div', { className: 'scroll' }, this.#over));
    this.root.append(
      element('h3', {}, 'Every reading, accounted for'),
      element('div', { className: 'scroll' }, this.#running),
      this.#overBox,
    );
  }

  show(part: PartView, now: number): void {
    for (const stream of part.streams) {
      let row = this.#rows.get(stream.key);
      if (!row) {
        row = makeRow(stream);
        this.#rows.set(stream.key, row);
      }
      const place = stream.over ? this.#over : this.#running;
      if (row.root.parentElement !== place) place.append(row.root);
      this.#showRow(row, stream, part, now);
    }
    for (const [key, { root }] of this.#rows) {
      if (part.streams.some((stream) => stream.key === key)) continue;
      root.remove();
      this.#rows.delete(key);
    }
    const over = part.streams.filter((stream) => stream.over).length;
    this.#overBox.hidden = over === 0;
    setText(this.#overTitle, `${count(over)} ${over === 1 ? 'stream' : 'streams'} that ran before`);
  }

  #showRow(row: Row, stream: StreamView, part: PartView, now: number): void {
    const { over, device, gateway } = stream;
    setText(row.note, over ? overNotes[over] : '');
    row.note.hidden = !over;
    showRing(row, stream, part, now, this.#bytesOf(stream.key));
    setText(row.timing, timing(stream));
    const isOld = over !== undefined || isStale(part, now);
    const asOf = isOld && part.statusAt !== null ? ` at ${dayTime(part.statusAt, now)}` : '';
    setText(row.part.label, `part, this boot${asOf}`);
    setText(row.then.label, `gateway, the same${asOf}`);
    for (const { row: each } of [row.part, row.then]) each.classList.toggle('old', isOld);
    showSum(row.part, device && partTerms.map((term) => device[term]));
    showReceived(row.then, device);
    showSum(row.gateway, gateway && gatewayTerms.map((term) => gateway[term]));
  }
}

/** Whether what a part tells of itself is of a while ago. */
export function isStale({ connected, statusAt }: PartView, now: number): boolean {
  return statusAt !== null && (!connected || now - statusAt > fresh);
}

function table(): HTMLTableElement {
  return element('table', { className: 'account' });
}

function makeRow(stream: StreamView): Row {
  const fill = element('div', { className: 'fill' });
  const estimate = element('div', { className: 'estimate' });
  const ring = element('span', { className: 'quiet' });
  const timing = element('span', { className: 'quiet' });
  const note = element('span', { className: 'note', hidden: true });
  const bar = element('div', { className: 'ring' }, fill, estimate);
  const title = element(
    'th',
    { className: 'stream' },
    element('strong', {}, titleOf(stream)),
    ' ',
    note,
    bar,
    element('span', { className: 'facts-line' }, ring, timing),
  );
  title.colSpan = 7;
  const [part, then, gateway] = [
    sumOf('part', partLabels),
    sumOf('then', thenLabels),
    sumOf('gateway', gatewayLabels),
  ];
  setText(gateway.label, 'gateway, all boots');
  const rows = [part, then, gateway].map(({ row }) => row);
  const root = element('tbody', { data: { stream: stream.key } }, element('tr', {}, title), ...rows);
  return { root, note, bar, ring, timing, fill, estimate, part, then, gateway };
}

/** Each figure under its name, so that a row can be read without a head. */
function sumOf(name: string, labels: readonly string[]): Sum {
  const label = element('th', { className: 'quiet' });
  const cells = labels.map((term) => element('td', { data: { term } }));
  const row = element('tr', { className: name, data: { sum: name } }, label, ...cells);
  return { row, label, cells };
}

/** While a part is away its ring is only known as of the last status: what it should hold by now is estimated. */
function showRing(
  row: Row,
  stream: StreamView,
  part: PartView,
  now: number,
  measured: number | undefined,
): void {
  row.bar.hidden = !stream.ring;
  if (!stream.ring) {
    setText(row.ring, '');
    return;
  }
  const { quota, bytes: known } = stream.ring;
  const share = (amount: number) => `${Math.min(100, (100 * amount) / quota).toFixed(1)}%`;
  row.fill.style.width = share(known);
  const away = isStale(part, now) ? now - part.statusAt! : 0;
  const rate = byteRate(stream, measured);
  const guess = Math.min(quota, known + away * (rate ?? 0));
  row.estimate.style.width = share(guess - known);
  const ofQuota = `of ${bytes(quota)}`;
  if (away === 0) setText(row.ring, `ring ${bytes(known)} ${ofQuota}`);
  else if (rate === undefined) setText(row.ring, `ring was ${bytes(known)} ${ofQuota}`);
  else setText(row.ring, `ring about ${bytes(guess)} ${ofQuota}`);
  row.root.dataset.ring = String(Math.round(guess));
}

/** Bytes a millisecond, of the stream's own: in its ring, else in its blocks that have come; undefined: none has. */
export function byteRate(
  { frequency, ring, device }: Pick<StreamView, 'frequency' | 'ring' | 'device'>,
  measured: number | undefined,
): number | undefined {
  const isTold = ring !== undefined && device !== undefined && ring.bytes > 0 && device.stored > 200;
  const perReading = isTold ? ring.bytes / device.stored : measured;
  return perReading === undefined ? undefined : (frequency / 1000) * perReading;
}

/** Ticks that were not taken, and those that were late. */
function timing({ device }: StreamView): string {
  if (!device) return '';
  const failed = device.failed > 0 ? `, ${count(device.failed)} failed` : '';
  return `${count(device.missed)} missed, ${count(device.late)} late${failed}`;
}

/** The first term is the sum of the others; the last cell says whether it is. */
function showSum({ row, cells }: Sum, terms: number[] | undefined): void {
  row.hidden = !terms;
  if (!terms) return;
  for (const [index, term] of terms.entries()) {
    setText(cells[index]!, count(term));
    cells[index]!.className = index > 1 && index < 4 && term > 0 ? 'loss' : '';
  }
  const [whole, ...rest] = terms;
  const difference = whole! - rest.reduce((sum, term) => sum + term, 0);
  showVerdict(cells[5]!, difference === 0 ? undefined : `≠ by ${count(difference)}`);
}

/** Everything that the part holds for acknowledged had come by then; what is on its way back is more. */
function showReceived({ row, cells }: Sum, device: StreamView['device']): void {
  row.hidden = device?.received === undefined;
  if (device?.received === undefined) return;
  setText(cells[0]!, count(device.received));
  const missing = device.acknowledged - device.received;
  showVerdict(cells[5]!, missing > 0 ? `${count(missing)} are missing` : undefined);
}

function showVerdict(cell: HTMLTableCellElement, problem: string | undefined): void {
  setText(cell, problem ?? '✓');
  cell.className = problem === undefined ? 'right' : 'wrong';
}
