/**
 * The gateway's events, and their coming back. In: server-sent events. Out: them, by name, and in one line until when is
 * waited. Holds: there is one connection at a time; who is logged out is led to the login.
 */
import { element, left, setText } from './dom';

/** Milliseconds before the tries after a connection was lost; then always the last one. */
const pauses = [1_000, 2_000, 4_000, 8_000, 15_000];

export class Connection {
  readonly root = element('p', { className: 'waiting', hidden: true, data: { connection: '' } });
  readonly #text = element('span');
  readonly #handlers: Record<string, (data: unknown) => void>;
  #source: EventSource | undefined;
  #failures = 0;
  /** Milliseconds of `Date.now`; undefined: there is a connection, or one is tried. */
  #again: number | undefined;

  /** @param handlers by the names of the events */
  constructor(handlers: Record<string, (data: unknown) => void>) {
    this.#handlers = handlers;
    this.root.role = 'status';
    const button = element('button', { onclick: () => this.#open() }, 'Try now');
    this.root.append(this.#text, button);
    this.#open();
  }

  get isLost(): boolean {
    return !this.root.hidden;
  }

  /** Called again and again. */
  tick(now: number): void {
    if (this.#again === undefined) return;
    if (now >= this.#again) this.#open();
    else setText(this.#text, `The gateway is not reached: trying again in ${left(this.#again, now)}. `);
  }

  #open(): void {
    this.#source?.close();
    this.#again = undefined;
    setText(this.#text, 'The gateway is not reached: trying now. ');
    const source = new EventSource('/api/events');
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.root.hidden = true;
    };
    source.onerror = () => {
      source.close();
      this.#lost();
    };
    for (const [name, handle] of Object.entries(this.#handlers))
      source.addEventListener(name, ({ data }) => handle(JSON.parse(data)));
  }

  #lost(): void {
    this.root.hidden = false;
    const pause = pauses[Math.min(this.#failures, pauses.length - 1)]!;
    this.#failures++;
    this.#again = Date.now() + pause;
    void fetch('/api/state', { method: 'HEAD' }).then(
      ({ status }) => status === 401 && location.assign('/login'),
      () => undefined, // It is away: said by the line above.
    );
  }
}
