/** What somebody should look at: alerts that stand, and those that ended lately. */
import type { StateView } from '@sluice/gateway/page-api/state';
import { dayTime, element } from './dom';

export class Alerts {
  readonly root = element('section', { className: 'card alerts', hidden: true, data: { alerts: '' } });
  #last = '';

  show(alerts: StateView['alerts'], now: number): void {
    const text = JSON.stringify(alerts);
    if (text === this.#last) return;
    this.#last = text;
    this.root.hidden = alerts.length === 0;
    const entries = alerts.map(({ kind, message, raised, resolved }) => {
      const isOver = resolved !== undefined;
      const since = `${dayTime(raised, now)}${isOver ? `, over at ${dayTime(resolved, now)}` : ''}`;
      return element(
        'li',
        { className: isOver ? 'over' : 'standing', data: { kind } },
        element('span', {}, message),
        element('span', { className: 'quiet' }, since),
      );
    });
    this.root.replaceChildren(element('h3', {}, 'Alerts'), element('ul', {}, ...entries));
  }
}
