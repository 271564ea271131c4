import { expect, test } from 'vitest';
import { answerLines, type ConfigurationAnswer, configurationNews, problemNews } from './configuration-news';

const answer = (more: Partial<ConfigurationAnswer> = {}): ConfigurationAnswer => ({
  revision: 'a1',
  applied: true,
  problems: [],
  ...more,
});
const problem = {
  severity: 'error' as const,
  code: 'out-of-range',
  path: 'components[0].attributes.pins',
  message: 'GPIO 6 of esp32 is not free',
};

test('tells each answer once, however often a part changes', () => {
  const told: string[] = [];
  const listener = configurationNews((part, { revision }) => told.push(`${part} ${revision}`));
  const first = answer();
  for (const configuration of [undefined, first, first, answer({ revision: 'a2' }), answer({ revision: '' })])
    listener({ name: 'attic', ...(configuration && { configuration }) });
  listener({ name: 'cellar', configuration: first });
  expect(told).toEqual(['attic a1', 'attic a2', 'cellar a1']);
});

test('tells what is wrong here when it comes, and again only when it had gone', () => {
  const told: string[] = [];
  const listener = problemNews(({ message }) => told.push(message));
  const other = { ...problem, path: 'components[1]', message: 'no driver for model dht22' };
  for (const problems of [[problem], [problem, other], [other], [problem, other]]) listener(problems);
  expect(told).toEqual([problem.message, other.message, problem.message]);
});

test('never says applied of what was refused', () => {
  expect(answerLines('attic', answer())).toEqual(['attic: configuration applied']);
  expect(answerLines('attic', answer({ problems: [problem] }))).toEqual([
    'attic: error at components[0].attributes.pins: GPIO 6 of esp32 is not free [out-of-range]',
    'attic: configuration applied, without what is wrong',
  ]);
  const refused = answerLines('attic', answer({ applied: false, problems: [problem] }));
  expect(refused.at(-1)).toBe('attic: configuration refused; the one before goes on');
  expect(refused.join()).not.toContain('applied');
});
