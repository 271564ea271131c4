/** Elements in one expression, and numbers as people read them. */

type Properties<Tag extends keyof HTMLElementTagNameMap> = Partial<
  Pick<HTMLElementTagNameMap[Tag], 'className' | 'title' | 'hidden'>
> & { onclick?: () => void; disabled?: boolean; data?: Record<string, string> };

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { data, ...properties }: Properties<Tag> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  Object.assign(made, properties);
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
}

/** Sets text only when it differs, so that selections and screen readers stay undisturbed. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });

export const count = (value: number) => whole.format(value);
export const figure = (value: number) => short.format(value);

export function bytes(value: number): string {
  return value < 1000 ? `${count(value)} B` : `${figure(value / 1000)} KB`;
}

/** `2 min 5 s`, the largest two units. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const from = units.findIndex(([value]) => value > 0);
  if (from < 0) return '0 s';
  const parts = units.slice(from, from + 2).filter(([value]) => value > 0);
  return parts.map(([value, unit]) => `${value} ${unit}`).join(' ');
}

/** `12 s`, in full seconds that are left until a time. */
export function left(until: number, now: number): string {
  return duration(Math.max(0, Math.ceil((until - now) / 1000) * 1000));
}

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Empty for what is no date: times come from parts. */
export function clockTime(wall: number): string {
  return isTime(wall) ? time.format(wall) : '';
}

/** With the day, where it is not today's; with the year, where it is not this one's. */
export function dayTime(wall: number, now: number): string {
  if (!isTime(wall)) return '';
  const [at, today] = [new Date(wall), new Date(now)];
  const ofYear = at.getFullYear() === today.getFullYear();
  if (ofYear && at.getMonth() === today.getMonth() && at.getDate() === today.getDate())
    return time.format(wall);
  return `${(ofYear ? day : dayOfYear).format(wall)} ${time.format(wall)}`;
}

/** From one to the other, what both have in common said once. */
export function spanText(start: number, end: number, now: number): string {
  const [from, to] = [dayTime(start, now), dayTime(end, now)];
  const common = from.slice(0, from.lastIndexOf(' ') + 1);
  return from === to
    ? from
    : `${from} – ${common !== '' && to.startsWith(common) ? to.slice(common.length) : to}`;
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

function isTime(wall: number): boolean {
  return Math.abs(wall) <= 8.64e15;
}
