/** One part: its state and controls, plots, accounts, flash and losses. */

import type { PartView } from '@sluice/gateway/page-api/state';
import { Account, isStale } from './account';
import { dayTime, duration, element, setText } from './dom';
import { FlashMap } from './flash-map';
import { History } from './history';
import { Losses } from './losses';
import { Plot } from './plot';
import { Problems } from './problems';
import type { Samples } from './samples';
import { type SimulationAction, type SimulationView, simulationPath } from './simulation';
import { waitingOf } from './waits';

/** Readings after which older ones count half for what a reading takes. */
const mostMeasured = 20_000;

export class Part {
  readonly root: HTMLElement;
  readonly #pill = element('span', { className: 'pill' });
  readonly #wait = element('p', { className: 'waiting', hidden: true, data: { wait: '' } });
  readonly #facts = element('p', { className: 'quiet facts' });
  readonly #controls = element('div', { className: 'controls' });
  readonly #problems = new Problems();
  readonly #plots = element('div', { className: 'plots' });
  readonly #plotOf = new Map<string, Plot>();
  readonly #sizes = new Map<string, { bytes: number; readings: number }>();
  readonly #account = new Account((key) => this.#bytesOf(key));
  readonly #flash = new FlashMap();
  readonly #losses = new Losses();
  readonly #history: History;
  #view: PartView | undefined;
  #wifi: HTMLButtonElement | undefined;
  #simulatedWifi = true;
  /** Samples of streams that are not declared yet. */
  #early: Samples[] = [];

  constructor(readonly name: string) {
    this.#history = new History(name, {
      history: (series, until, spacing) =>
        this.#plotOf.get(series.stream)?.addHistory(series, until, spacing),
    });
    this.root = element(
      'section',
      { className: 'part', data: { part: name } },
      element('div', { className: 'part-head' }, element('h2', {}, name), this.#pill, this.#controls),
      this.#wait,
      this.#facts,
      this.#problems.root,
      this.#history.root,
      this.#plots,
      element('div', { className: 'cards' }, this.#account.root, this.#flash.root, this.#losses.root),
    );
  }

  /** @param started wall milliseconds at which the gateway began */
  show(part: PartView, started: number, now: number): void {
    this.#view = part;
    this.#showControls(part);
    this.#problems.show(part.problems);
    for (const stream of part.streams) {
      let plot = this.#plotOf.get(stream.key);
      if (!plot) {
        plot = new Plot(stream);
        this.#plotOf.set(stream.key, plot);
        this.#plots.append(plot.root);
      }
      plot.show(stream);
    }
    const early = this.#early;
    this.#early = [];
    for (const samples of early) this.add(samples);
    this.#flash.show(part.flash);
    this.#losses.show(part.losses, part.forgotten ?? 0, now);
    this.#history.show(started, now);
    this.tick(now);
  }

  /** What depends on the time. */
  tick(now: number): void {
    if (!this.#view) return;
    this.#showState(this.#view, now);
    this.#account.show(this.#view, now);
    this.#history.tick(now);
    for (const plot of this.#plotOf.values()) {
      const isNeeded = plot.root.dataset.over === '' || !plot.isEmpty;
      if (plot.root.hidden === isNeeded) plot.root.hidden = !isNeeded;
    }
  }

  add(samples: Samples): void {
    const plot = this.#plotOf.get(samples.stream);
    if (plot) plot.add(samples.series, samples.times, samples.values);
    else if (this.#early.length < 10_000) this.#early.push(samples);
  }

  /** A block of a stream has come. */
  measure(stream: string, bytes: number, readings: number): void {
    const size = this.#sizes.get(stream) ?? { bytes: 0, readings: 0 };
    this.#sizes.set(stream, size);
    size.bytes += bytes;
    size.readings += readings;
    if (size.readings < mostMeasured) return;
    size.bytes /= 2;
    size.readings /= 2;
  }

  draw(from: number, to: number): void {
    for (const plot of this.#plotOf.values()) if (!plot.root.hidden) plot.draw(from, to);
  }

  restyle(): void {
    for (const plot of this.#plotOf.values()) plot.restyle();
  }

  #bytesOf(stream: string): number | undefined {
    const size = this.#sizes.get(stream);
    return size && size.readings > 0 ? size.bytes / size.readings : undefined;
  }

  #showState(part: PartView, now: number): void {
    const { isGood, state, wait } = waitingOf(part, now);
    this.#pill.className = `pill ${isGood ? 'good' : 'bad'}`;
    setText(this.#pill, state);
    this.#wait.hidden = wait === '';
    setText(this.#wait, wait);
    this.root.dataset.connected = String(part.connected);
    setText(this.#facts, factsOf(part, now).join(' · '));
    this.#facts.hidden = this.#facts.textContent === '';
    this.#facts.classList.toggle('old', isStale(part, now));
  }

  #showControls(part: PartView): void {
    const simulation = part.extension?.simulation as SimulationView | undefined;
    this.#controls.hidden = !simulation;
    if (!simulation) return;
    if (!this.#wifi) {
      this.#wifi = this.#button('WiFi off', () => (this.#simulatedWifi ? 'wifi-off' : 'wifi-on'), 'wifi');
      this.#controls.append(
        this.#wifi,
        this.#button('Reboot', () => 'reboot', 'reboot'),
        this.#button('Cut power', () => 'power-cut', 'power-cut'),
      );
    }
    this.#simulatedWifi = simulation.wifi;
    setText(this.#wifi, this.#simulatedWifi ? 'WiFi off' : 'WiFi on');
  }

  #button(label: string, action: () => SimulationAction, name: string): HTMLButtonElement {
    const button = element('button', { data: { action: name } }, label);
    button.onclick = async () => {
      button.disabled = true;
      try {
        const path = simulationPath(encodeURIComponent(this.name), action());
        const response = await fetch(path, { method: 'POST' });
        button.title = response.ok ? '' : ((await response.json()) as { error: string }).error;
      } catch (error) {
        button.title = (error as Error).message;
      } finally {
        button.disabled = false;
      }
    };
    return button;
  }
}

/** What is known of who is there, or was: only who is up counts on. */
export function factsOf(part: PartView, now: number): string[] {
  const { chip, firmware, boot, resetReason, connected, statusAt, uptime, clock, heap, linkEnd } = part;
  if (boot === '') return [];
  const memory = heap ? `heap ${Math.round((100 * heap.used) / heap.size)} %` : '';
  const lived =
    uptime !== undefined && statusAt !== null ? uptime + (connected ? now - statusAt : 0) : undefined;
  const isOld = isStale(part, now) || (!connected && statusAt === null);
  const facts = [
    chip,
    firmware,
    `boot ${boot}`,
    resetReason ? `started by ${resetReason}` : '',
    lived === undefined ? '' : `${connected ? 'up' : 'had been up'} ${duration(lived)}`,
    clock && clock !== 'unknown' ? `time from ${clock}` : connected ? 'time unknown' : '',
    memory,
    linkEnd === undefined ? '' : `its link ended last by: ${linkEnd}`,
  ].filter((fact) => fact !== '');
  if (!isOld) return facts;
  return [statusAt === null ? 'when it was here last' : `as of ${dayTime(statusAt, now)}`, ...facts];
}
