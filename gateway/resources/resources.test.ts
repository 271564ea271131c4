import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { type CaptureMethod, captureMethods, findMethod } from '../../modules/config/methods';
import type { CallError } from '../../proto/call-error';
import { OwnResource } from './driver';
import { LinkResources } from './link-resources';
import { findApiMethod, findCaptured, methods } from './methods';
import { drivers, findDriver } from './registry';
import type { Resource } from './resource';
import { ResourceGraph } from './resource-graph';

const log = pino({ enabled: false });

async function open(graph: ResourceGraph, api: string, attributes: object = {}, name = 'one') {
  const driver = findDriver(`rdk:component:${api}`, 'fake')!;
  const opened = await driver.open({ name, attributes: driver.attributes.parse(attributes), log, graph });
  const resource = new OwnResource(`rdk:component:${api}/${name}`, driver.model, opened);
  graph.put(resource.name, [resource]);
  return resource;
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (error: CallError) => error.code,
  );

describe('the table of methods', () => {
  test('serves every capture method by exactly one method', () => {
    for (const { api, method } of captureMethods) {
      const serving = methods.filter(
        (row) => row.api === api && row.captured.some(({ as }) => as === method),
      );
      expect(
        serving.map(({ name }) => name),
        `${api} ${method}`,
      ).toHaveLength(1);
    }
  });

  test('has each method of an API once', () => {
    const names = methods.map(({ api, name }) => `${api} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the fakes', () => {
  const fakes = drivers.filter(({ model, api }) => model === 'fake' && api.startsWith('rdk:component:'));

  test.each(fakes.map(({ api }) => api))('%s answers in the shape of its rows', async (api) => {
    const graph = new ResourceGraph();
    const analogs = api.endsWith('board') ? { analogs: [{ name: 'a', value: 7 }] } : {};
    const resource = await open(graph, api.slice('rdk:component:'.length), analogs);
    let answered = 0;
    for (const row of methods.filter((each) => each.api === api && resource.has(each))) {
      const request = {
        analog_reader_name: 'a',
        pin: row.name === 'WriteAnalog' ? 'a' : '27',
        value: 7,
        digital_interrupt_name: 'none',
        to: {},
        positions: { values: [0, 0, 0, 0, 0, 0] },
        positions_mm: [1],
        command: { readings: { a: 4 } },
      };
      if (row.name === 'GetDigitalInterruptValue') continue;
      const answer = await graph.call(resource.name, row.name, request);
      expect(row.answer.parse(answer)).toEqual(answer);
      answered++;
    }
    expect(answered).toBeGreaterThan(0);
  });

  test('are captured as the payload that the same call gives', async () => {
    const graph = new ResourceGraph();
    let compared = 0;
    for (const { api } of fakes) {
      const analogs = api.endsWith('board') ? { analogs: [{ name: 'a', value: 7 }] } : {};
      const { name } = await open(graph, api.slice('rdk:component:'.length), analogs);
      for (const row of methods.filter((each) => each.api === api)) {
        for (const captured of row.captured) {
          if (captured.kind === 'binary' || captured.as === 'DoCommand') continue;
          const request = captured.request({ reader_name: 'a', pin_name: '27' });
          const answer = await graph.call(name, row.name, request);
          const payload = findMethod(api, captured.as)!.payload(
            captured.reading(answer),
            captured.range?.(answer),
          );
          expect(payload, `${api} ${captured.as}`).toEqual(answer);
          compared++;
        }
      }
    }
    const isCompared = ({ kind, method }: CaptureMethod) => kind !== 'binary' && method !== 'DoCommand';
    expect(compared).toBe(captureMethods.filter(isCompared).length);
  });
});

describe('a call', () => {
  test('names what is wrong with its request, and reaches nobody', async () => {
    const graph = new ResourceGraph();
    await open(graph, 'board');
    const call = graph.call('rdk:component:board/one', 'SetPWM', { pin: '4', duty_cycle_pct: 2 });
    await expect(call).rejects.toMatchObject({ code: 'wrong-argument', message: /^duty_cycle_pct: / });
  });

  test('says of an unknown resource, method or model what it is', async () => {
    const graph = new ResourceGraph();
    await open(graph, 'sensor');
    expect(await codeOf(graph.call('rdk:component:sensor/two', 'GetReadings'))).toBe('unknown-resource');
    expect(await codeOf(graph.call('rdk:component:sensor/one', 'GetGPIO'))).toBe('unknown-method');
    await open(graph, 'board');
    expect(await codeOf(graph.call('rdk:component:board/one', 'DoCommand', { command: {} }))).toBe(
      'unknown-method',
    );
  });

  test('ends by its deadline when the resource never answers, and lets the resource know', async () => {
    const graph = new ResourceGraph();
    let aborted: unknown;
    const hanging: Resource = {
      name: 'rdk:component:sensor/hangs',
      model: 'test',
      call: (_method, _request, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason;
        });
        return new Promise(() => undefined);
      },
      close: () => undefined,
    };
    graph.put('test', [hanging]);
    const call = graph.call(hanging.name, 'GetReadings', {}, { deadline: 20 });
    await expect(call).rejects.toMatchObject({ code: 'deadline' });
    expect(aborted).toMatchObject({ code: 'deadline' });
  });

  test('ends when its caller gives it up', async () => {
    const graph = new ResourceGraph();
    const hanging: Resource = {
      name: 'rdk:component:sensor/hangs',
      model: 'test',
      call: () => new Promise(() => undefined),
      close: () => undefined,
    };
    graph.put('test', [hanging]);
    const reason = new Error('the client has gone');
    const signal = AbortSignal.abort(reason);
    await expect(graph.call(hanging.name, 'GetReadings', {}, { signal })).rejects.toBe(reason);
  });
});

describe('the graph', () => {
  const resource = (name: string): Resource => ({
    name,
    model: 'test',
    call: () => ({ readings: { name } }),
    close: () => undefined,
  });

  test('knows a resource of a remote by its short name while no other remote has one of that name', async () => {
    const graph = new ResourceGraph();
    graph.put('a', [resource('rdk:component:sensor/a:s')]);
    expect(graph.get('rdk:component:sensor/s').name).toBe('rdk:component:sensor/a:s');
    graph.put('b', [resource('rdk:component:sensor/b:s')]);
    expect(graph.get('rdk:component:sensor/b:s').name).toBe('rdk:component:sensor/b:s');
    expect(() => graph.get('rdk:component:sensor/s')).toThrow(/several remotes/);
    graph.put('a', []);
    expect(graph.get('rdk:component:sensor/s').name).toBe('rdk:component:sensor/b:s');
    expect(graph.names()).toEqual(['rdk:component:sensor/b:s']);
  });

  test('takes its own resource before one of a remote for a short name', () => {
    const graph = new ResourceGraph();
    graph.put('a', [resource('rdk:component:sensor/a:s')]);
    graph.put('own', [resource('rdk:component:sensor/s')]);
    expect(graph.get('rdk:component:sensor/s').name).toBe('rdk:component:sensor/s');
  });
});

describe('the resources of parts', () => {
  const part = { name: 'esp', connected: true, since: 1, configuration: { revision: '1' } };

  function bench(names: unknown) {
    const graph = new ResourceGraph();
    const calls: { method: string; resource: string; arguments: object; deadline: number }[] = [];
    const failures: Error[] = [];
    const answers = new Map<string, unknown>([['ResourceNames', { resources: names }]]);
    const resources = new LinkResources({
      graph,
      call: async (_part, request) => {
        calls.push(request);
        return answers.get(request.method);
      },
      remoteOf: (name) => (name === 'esp' ? 'esp-home' : undefined),
      failed: (_part, error) => failures.push(error),
    });
    return { graph, calls, failures, answers, resources };
  }

  test('are called by their names on the part, with the call’s deadline', async () => {
    const { graph, calls, answers, resources } = bench(['rdk:component:board/b']);
    answers.set('GetGPIO', { high: true });
    resources.told(part);
    await Promise.resolve().then(() => undefined);
    expect(graph.names()).toEqual(['rdk:component:board/esp-home:b']);
    expect(await graph.call('rdk:component:board/b', 'GetGPIO', { pin: '4' }, { deadline: 300 })).toEqual({
      high: true,
    });
    expect(calls.at(-1)).toEqual({
      resource: 'rdk:component:board/b',
      method: 'GetGPIO',
      arguments: { pin: '4' },
      deadline: 300,
    });
  });

  test('are asked for once a session and configuration, not at each report', async () => {
    const { calls, resources } = bench([]);
    for (let report = 0; report < 10; report++) resources.told(part);
    resources.told({ ...part, configuration: { revision: '2' } });
    resources.told({ ...part, connected: false });
    expect(calls).toHaveLength(2);
  });

  test('that are of another shape than they should be are left out', async () => {
    const { graph, resources } = bench([
      1,
      '',
      'nameless',
      'rdk:component:sensor/s',
      'rdk:component:sensor/',
    ]);
    resources.told(part);
    await Promise.resolve().then(() => undefined);
    expect(graph.names()).toEqual(['rdk:component:sensor/esp-home:s']);
  });

  test('answer in the shape of the method or fail', async () => {
    const { graph, answers, resources } = bench(['rdk:component:board/b']);
    answers.set('GetGPIO', { high: 'perhaps' });
    resources.told(part);
    await Promise.resolve().then(() => undefined);
    expect(await codeOf(graph.call('rdk:component:board/b', 'GetGPIO', { pin: '4' }))).toBe('answer');
  });
});

test('a method is found by its API and name', () => {
  expect(findApiMethod('rdk:component:board', 'ReadAnalogReader')?.viam).toEqual({
    service: 'viam.component.board.v1.BoardService',
    named: 'board_name',
  });
  expect(findCaptured('rdk:component:camera', 'ReadImage')?.method.name).toBe('GetImage');
  expect(findCaptured('rdk:component:camera', 'Nothing')).toBeUndefined();
});
