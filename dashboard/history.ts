/** What was before the gateway's start, from the cloud, for one part's plots: asked until it is there. */
import type { HistoryView } from '@sluice/gateway/page-api/state';
import { element, left, setText } from './dom';

/** Milliseconds that plots show at most: a gateway that runs longer has all of it itself. */
const shown = 15 * 60_000;
/** Milliseconds between two questions, when one has failed. */
const pause = 12_000;

export interface HistoryTarget {
  /** @param until wall milliseconds before which times are `spacing` ms apart */
  history(series: HistoryView['series'][number], until: number, spacing: number): void;
}

export class History {
  readonly root = element('p', { className: 'quiet waiting', hidden: true, data: { history: '' } });
  readonly #part: string;
  readonly #target: HistoryTarget;
  /** Of the gateway that was asked. */
  #started: number | undefined;
  #again: number | undefined;
  #reason = '';

  constructor(part: string, target: HistoryTarget) {
    this.#part = part;
    this.#target = target;
  }

  /** The part is shown: by the gateway that started then. */
  show(started: number, now: number): void {
    if (this.#started === started) return;
    this.#started = started;
    if (now - started < shown) void this.#ask();
  }

  tick(now: number): void {
    if (this.#again === undefined) return;
    if (now >= this.#again) void this.#ask();
    else this.#tell(`No history from the cloud (${this.#reason}): trying again in ${left(this.#again, now)}`);
  }

  async #ask(): Promise<void> {
    this.#again = undefined;
    this.#tell('Loading the last minutes from the cloud');
    try {
      const response = await fetch(`/api/history?part=${encodeURIComponent(this.#part)}`);
      if (!response.ok) throw new Error(((await response.json()) as { error: string }).error);
      const { until, spacing, series } = (await response.json()) as HistoryView;
      for (const each of series) this.#target.history(each, until, spacing);
      this.#tell('');
    } catch (error) {
      this.#reason = (error as Error).message;
      this.#again = Date.now() + pause;
    }
  }

  #tell(text: string): void {
    this.root.hidden = text === '';
    setText(this.root, text);
  }
}
