/** What is wrong with a configuration, as a list; nothing when nothing is. */
import type { StateView } from '@sluice/gateway/page-api/state';
import { element } from './dom';

export class Problems {
  readonly root = element('ul', { className: 'problems', hidden: true });
  #last = '';

  show(problems: StateView['problems']): void {
    const lines = problems.map(({ severity, path, message }) => `${severity} at ${path}: ${message}`);
    const text = lines.join('\n');
    if (text === this.#last) return;
    this.#last = text;
    this.root.hidden = lines.length === 0;
    this.root.replaceChildren(...lines.map((line) => element('li', {}, line)));
  }
}
