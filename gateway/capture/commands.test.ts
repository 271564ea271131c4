import { expect, test } from 'vitest';
import { findMethodOf } from '../../modules/config/methods';
import type { CollectorPlan } from '../../modules/config/plan';
import { statusOf } from './own-part';
import { Bench, plan } from './test-bench';

const motor = 'rdk:component:motor/m';

function commanding(parameters: Record<string, string>): CollectorPlan {
  const capture = plan(motor, 'DoCommand', 1);
  return { ...capture, identity: { ...capture.identity, parameters } };
}

test('a command that is captured is given as it is configured, and its answer kept as viam-server has it', async () => {
  const requests: unknown[] = [];
  const bench = new Bench({
    [motor]: ({ name }, _time, request) => {
      requests.push([name, request]);
      return { result: { temperature: 41.5, phase: { a: true } } };
    },
  });
  const input = { command: 'health', of: ['a'] };
  expect(bench.capture.apply([commanding({ docommand_input: JSON.stringify(input) })])).toEqual([]);
  await bench.clock.run(1_500);
  await bench.deliver();
  expect(requests[0]).toEqual(['DoCommand', { command: input }]);
  const [reading] = bench.readings('DoCommand');
  expect(findMethodOf(motor, 'DoCommand')!.payload(reading!.value)).toEqual({
    docommand_output: { temperature: 41.5, phase: { a: true } },
  });
});

test('two commands of one resource are two streams', async () => {
  const bench = new Bench({ [motor]: () => ({ result: { a: 1 } }) });
  bench.capture.apply([
    commanding({ docommand_input: '{"a":1}' }),
    commanding({ docommand_input: '{"a":2}' }),
  ]);
  await bench.clock.run(2_500);
  expect(statusOf(bench.capture).streams).toHaveLength(2);
});

test.each([
  [{}, /docommand_input is required/],
  [{ docommand_input: 'health' }, /must be an object, not health/],
  [{ docommand_input: '[1]' }, /must be an object, not \[1\]/],
])('a command that is none is named when it is configured: %j', (parameters, message) => {
  const bench = new Bench({ [motor]: () => ({ result: {} }) });
  const problems = bench.capture.apply([commanding(parameters)]);
  expect(problems).toMatchObject([{ index: 0, message: expect.stringMatching(message) }]);
});

test('a model without commands fails each tick, told once', async () => {
  const bench = new Bench({
    [motor]: () => {
      throw new Error('DoCommand unimplemented');
    },
  });
  bench.capture.apply([commanding({ docommand_input: '{}' })]);
  await bench.clock.run(3_500);
  expect(statusOf(bench.capture).streams).toMatchObject([{ captured: 0, failed: 4 }]);
  expect(bench.warnings).toEqual([{ message: 'not captured: DoCommand unimplemented', repeated: 0 }]);
});
