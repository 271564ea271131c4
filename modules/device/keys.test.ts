/**
 * XS keeps the name of every property for ever. What comes from outside must not become one: whoever may change the
 * configuration or call the device could otherwise fill its memory with names.
 */
import { afterEach, expect, test } from 'vitest';
import { analog, board, TestDevice } from './test-device.node';

/** What the SDK's manifests give a device beyond the names in its program, before the table grows. */
const room = 32;

let device: TestDevice;
afterEach(() => device.close());

const made = (count: number, what: string) =>
  Array.from({ length: 30 }, (_, index) => `${what}-${count}-${index}`);
const members = (names: string[]) => Object.fromEntries(names.map((name) => [name, name]));

/** A configuration in which everything that can be named has names that nobody knows. */
function strange(count: number): object {
  const own = board([0], [], [analog(0, 1)]);
  const [component] = own.components as { attributes: object; service_configs: object[] }[];
  const strangers = made(count, 'model').map((name, index) => ({
    name: `${name}-resource`,
    api: index % 2 ? 'rdk:component:sensor' : `rdk:component:${name}`,
    model: name,
    attributes: members(made(count, `attribute-${index}`).slice(0, 3)),
  }));
  const methods = made(count, 'method').map((name) => ({
    ...analog(0, 1),
    method: name,
    additional_params: { reader_name: 'a0', [name]: name },
  }));
  return {
    ...own,
    components: [
      { ...component, attributes: { ...component!.attributes, ...members(made(count, 'pin')) } },
      ...strangers.slice(0, 10),
      {
        name: 's',
        api: 'rdk:component:sensor',
        model: 'fake',
        service_configs: [
          {
            type: 'data_manager',
            attributes: { capture_methods: methods.slice(0, 10), tags: made(count, 'tag') },
          },
        ],
      },
    ],
    ...members(made(count, 'top')),
  };
}

test('names in configurations and remote calls never become keys, and the firmware makes few of its own', async () => {
  device = await TestDevice.start({ part: board([0], [], [analog(0, 10)]), settings: { ssid: '' } });
  await device.run(1000);
  const call = async (resource: string, method: string) =>
    device.command({ name: 'call', resource, method, parameters: {} });
  const round = async (count: number) => {
    const { problems } = await device.configure(`r${count}`, strange(count));
    expect(problems.length).toBeGreaterThan(10);
    for (const name of made(count, 'call').slice(0, 10)) {
      await call('rdk:component:board/b', name);
      await call(`rdk:component:board/${name}`, name);
      await call(`rdk:component:${name}/b`, 'Readings');
      await call('', name);
    }
    await device.run(1000);
    return device.device.report({ collect: true });
  };
  const first = await round(0);
  let last = first;
  for (let count = 1; count < 8; count++) last = await round(count);
  expect(last.keyNames!.filter((name) => /-\d+-\d/.test(name))).toEqual([]);
  // The first round may bring the test firmware's own commands.
  expect(last.keyNames).toEqual(first.keyNames);
  console.log(`names made at run time: ${last.keys.used} of ${room}: ${last.keyNames}`);
  expect(last.keys.used).toBeLessThanOrEqual(room / 2);
}, 120_000);
