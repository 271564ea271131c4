/** One part: its state and controls, plots, accounts, flash and losses. */

import type { PartView } from '@sluice/gateway/page-api/state';
import { Account } from './account';
import { clockTime, duration, element, setText } from './dom';
import { FlashMap } from './flash-map';
import { Losses } from './losses';
import { Plot } from './plot';
import { Problems } from './problems';
import type { Samples } from './samples';
import { type SimulationAction, type SimulationView, simulationPath } from './simulation';

/** ms by which a part that sleeps may come late before it counts as away. */
const patience = 120_000;

export class Part {
  readonly root: HTMLElement;
  readonly #pill = element('span', { className: 'pill' });
  readonly #facts = element('p', { className: 'quiet facts' });
  readonly #controls = element('div', { className: 'controls' });
  readonly #problems = new Problems();
  readonly #plots = element('div', { className: 'plots' });
  readonly #plotOf = new Map<string, Plot>();
  readonly #account = new Account();
  readonly #flash = new FlashMap();
  readonly #losses = new Losses();
  #wifi: HTMLButtonElement | undefined;
  #simulatedWifi = true;
  /** Samples of streams that are not declared yet. */
  #early: Samples[] = [];

  constructor(readonly name: string) {
    this.root = element(
      'section',
      { className: 'part', data: { part: name } },
      element('div', { className: 'part-head' }, element('h2', {}, name), this.#pill, this.#controls),
      this.#facts,
      this.#problems.root,
      this.#plots,
      element('div', { className: 'cards' }, this.#account.root, this.#flash.root, this.#losses.root),
    );
  }

  show(part: PartView, now: number): void {
    this.#showState(part, now);
    this.#showControls(part);
    this.#problems.show(part.problems);
    for (const stream of part.streams) {
      if (this.#plotOf.has(stream.key)) continue;
      const plot = new Plot(stream);
      this.#plotOf.set(stream.key, plot);
      this.#plots.append(plot.root);
    }
    const early = this.#early;
    this.#early = [];
    for (const samples of early) this.add(samples);
    this.#account.show(part, now);
    this.#flash.show(part.flash);
    this.#losses.show(part.losses, part.streams);
  }

  add(samples: Samples): void {
    const plot = this.#plotOf.get(samples.stream);
    if (plot) plot.add(samples.series, samples.times, samples.values);
    else if (this.#early.length < 10_000) this.#early.push(samples);
  }

  draw(from: number, to: number): void {
    for (const plot of this.#plotOf.values()) plot.draw(from, to);
  }

  restyle(): void {
    for (const plot of this.#plotOf.values()) plot.restyle();
  }

  #showState(part: PartView, now: number): void {
    const since = part.since === null ? '' : ` since ${clockTime(part.since)}`;
    const { asleepUntil = 0 } = part;
    const asleep = !part.connected && now < asleepUntil + patience;
    this.#pill.className = `pill ${part.connected || asleep ? 'good' : 'bad'}`;
    let state = `away${since}${part.endedBy && part.endedBy !== 'closed' ? `: ${part.endedBy}` : ''}`;
    if (part.refused && !part.connected) state = `refused since ${clockTime(part.refused.since)}`;
    if (part.connected) state = `connected${since}`;
    else if (asleep) state = `asleep until ${clockTime(asleepUntil)}`;
    else if (part.since === null && !part.refused) state = 'not seen yet';
    setText(this.#pill, state);
    this.root.dataset.connected = String(part.connected);
    const uptime = part.statusAt === null ? '' : `up ${duration(part.uptime + (now - part.statusAt))}`;
    const heap = part.heap ? `heap ${Math.round((100 * part.heap.used) / part.heap.size)} %` : '';
    const reset = part.resetReason ? `started by ${part.resetReason}` : '';
    const boot = part.boot ? `boot ${part.boot}` : '';
    const clock = part.clock ? `time from ${part.clock}` : '';
    const facts = [part.chip, part.firmware, boot, reset, uptime, clock, heap];
    setText(this.#facts, facts.filter((fact) => fact !== '').join(' · '));
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
