/** Calls from outside on XS, whose table of names is as small as on a board. */
import { afterAll, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { inlineFirmware } from '../../host-sim/inline-firmware';

const main = `
import { MessageReader } from 'modules/uplink/message-reader';
import { answer } from 'modules/uplink/reports';

const host: any = { call: (_resource: string, _method: string, parameters: object) => parameters };
const buffer = new Uint8Array(512);
/** The result, else the code. */
function ask(parameters: string): string {
  const message = new MessageReader(answer(host, { id: 1, resource: '', method: 'any', parameters }, buffer)[0]!);
  message.next();
  const inner = message.message();
  let code = '';
  while (inner.next()) {
    if (inner.field === 4) return inner.text();
    if (inner.field === 2) code = inner.text();
  }
  return code;
}
for (let made = 0; made < 1000; made += 10) {
  const members = ['"pin":"4","high":true,"power_pct":-0.5'];
  for (let name = made; name < made + 10; name += 1) members.push('"made up ' + name + '":1');
  const result = ask('{' + members.join(',') + '}');
  if (!result.startsWith('{"pin":"4","high":true,"power_pct":-0.5')) throw new Error(result);
}
for (const wrong of ['{"pin":', '[]', '7', '{"pin":{}}', '{"pin":[1]}'])
  trace(ask(wrong) + '\\n');
trace(ask('') + '\\n');
trace(ask('{"reader_name":"a","from":3,"pin":null}') + '\\n');
`;

const devices: SimulatedDevice[] = [];
afterAll(async () => {
  for (const device of devices) await device.close();
});

test('a thousand made-up names of arguments leave a device unharmed, and wrong arguments are named as such', async () => {
  const folders = ['block', 'ring', 'config', 'resources', 'capture', 'device', 'uplink'];
  const device = await SimulatedDevice.start({
    firmware: inlineFirmware({ main, include: folders.map((folder) => `modules/${folder}/manifest.json`) }),
    board: 'esp32c3',
    reboots: 'manual',
  });
  devices.push(device);
  await device.run(1000);
  expect(device.exit).toBeUndefined();
  expect(device.traces).toEqual([
    ...Array.from({ length: 5 }, () => 'wrong-argument'),
    '{}',
    '{"from":3,"reader_name":"a"}',
  ]);
});
