import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { anyText, damaged, surprise, validExamples } from './chance.node';
import { maximumCollectors } from './collectors';
import { machineLimits, partLimits } from './json';
import { checkGrammar } from './json-grammar';
import { parseMachine } from './machine';
import { isApplicable, parsePart } from './part';
import { maximumProblems, problemCodes } from './problems';
import { encodeUtf8 } from './utf8';

const options = runs(400);

test('whatever the texts are, a part’s configuration gives plans and problems within their bounds', () => {
  fc.assert(
    fc.property(anyText, fc.option(anyText, { nil: undefined }), (text, additions) => {
      const plan = parsePart(text, additions);
      expect(plan.problems.length).toBeLessThanOrEqual(maximumProblems);
      expect(plan.collectors.length).toBeLessThanOrEqual(2 * maximumCollectors);
      const texts = plan.problems.map(({ path, message }) => path.length + message.length);
      expect(texts.reduce((sum, length) => sum + length, 0)).toBeLessThan(4_100);
      for (const problem of plan.problems) {
        expect(problemCodes).toHaveProperty([problem.code]);
        expect(problem.path.length + problem.message.length).toBeLessThan(1200);
      }
      for (const collector of plan.collectors) {
        expect(collector.frequency.numerator).toBeGreaterThan(0);
        expect(collector.quota).toBeGreaterThanOrEqual(1000);
        expect(collector.target).toBeGreaterThanOrEqual(200);
        expect(plan.resources.map(({ api, name }) => `${api}/${name}`)).toContain(
          collector.identity.resource,
        );
      }
    }),
    options,
  );
});

test('whatever the text is, a machine’s configuration gives plans and problems within their bounds', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const { problems, remotes } = parseMachine(text);
      expect(problems.length).toBeLessThanOrEqual(maximumProblems);
      for (const remote of remotes)
        expect(parsePart(validExamples[0], remote.additions).resources).toHaveLength(1);
    }),
    options,
  );
});

test('the grammar by hand and the engine’s parser agree on what is JSON', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
      // Comments are ours alone.
      if (text.includes('//')) return;
      let accepted = true;
      try {
        JSON.parse(text);
      } catch {
        accepted = false;
      }
      expect(checkGrammar(encodeUtf8(text), machineLimits).fault === undefined).toBe(accepted);
    }),
    options,
  );
});

test('a change of one entry never changes the plans of the others', () => {
  const entry = (index: number) => ({
    method: 'Analogs',
    capture_frequency_hz: 10,
    additional_params: { reader_name: `A${index}` },
  });
  fc.assert(
    fc.property(fc.nat(3), surprise, (place, value) => {
      const methods: unknown[] = [0, 1, 2, 3].map(entry);
      methods[place] = value;
      const text = JSON.stringify({
        components: [
          {
            name: 'b',
            type: 'board',
            model: 'esp32',
            service_configs: [{ type: 'data_manager', attributes: { capture_methods: methods } }],
          },
        ],
      });
      const { collectors, problems } = parsePart(text);
      // A text above the limits is refused as a whole.
      if (!isApplicable(problems)) return;
      const readers = collectors.map(({ identity }) => identity.parameters.reader_name);
      for (const other of [0, 1, 2, 3]) if (other !== place) expect(readers).toContain(`A${other}`);
    }),
    options,
  );
});

test('resources that all depend on each other are answered at once', () => {
  const names = Array.from({ length: 48 }, (_, index) => `r${index}`);
  const components = names.map((name, index) => ({
    name,
    type: index % 2 ? 'board' : 'sensor',
    model: 'fake',
    depends_on: names.filter((other) => other !== name).slice(index % 20, (index % 20) + 16),
  }));
  const start = performance.now();
  expect(parsePart(JSON.stringify({ components })).resources).toEqual([]);
  expect(performance.now() - start).toBeLessThan(500);
});

test('the worst texts of the greatest size are answered at once', () => {
  const size = partLimits.bytes;
  const worst = [
    '['.repeat(size),
    `[${'1,'.repeat(size / 2 - 2)}1]`,
    `"${'\\u0041'.repeat(size / 6 - 1)}"`,
    '/'.repeat(size),
    `{${'"":{'.repeat(size / 4)}`,
    `{"components":[${'{},'.repeat(size / 3 - 8)}`,
  ];
  for (const text of worst) {
    const start = performance.now();
    parsePart(text, text);
    expect(performance.now() - start).toBeLessThan(500);
  }
});
