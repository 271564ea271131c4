/** Calls from outside on XS, whose table of names is as small as on a board. */
import { afterAll, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { inlineFirmware } from '../../host-sim/inline-firmware';

const prelude = `
import { Answer } from 'proto/fields';
import { CallError } from 'proto/call-error';
import { LongAnswer } from 'modules/uplink/long-answer';
import { MessageReader } from 'modules/uplink/message-reader';
import { Reply } from 'modules/uplink/replies';

const buffer = new Uint8Array(540);
const joined = new Uint8Array(4096);

function replyTo(host: object, parameters = ''): Reply {
  const call = { id: 1, resource: '', method: 'any', parameters, deadline: 0 };
  return new Reply({ clock: { now: () => 0 }, ...host } as any, call);
}

/** The next part of a reply. */
function part(reply: Reply): { result: string; code: string; more: boolean } {
  let length = 0;
  for (const fragment of reply.write(buffer)) {
    joined.set(fragment, length);
    length += fragment.length;
  }
  const message = new MessageReader(joined, 0, length);
  message.next();
  const inner = message.message();
  const part = { result: '', code: '', more: false };
  while (inner.next()) {
    if (inner.field === Answer.result) part.result = inner.text();
    else if (inner.field === Answer.code) part.code = inner.text();
    else if (inner.field === Answer.more) part.more = inner.number() === 1;
  }
  if (part.more === reply.complete) throw new Error('more is not what the reply says');
  return part;
}
`;

const folders = ['block', 'ring', 'config', 'message', 'resources', 'capture', 'device', 'uplink'];
const devices: SimulatedDevice[] = [];
afterAll(async () => {
  for (const device of devices) await device.close();
});

/** What a firmware traces. */
async function run(main: string): Promise<string[]> {
  const device = await SimulatedDevice.start({
    firmware: inlineFirmware({
      main: prelude + main,
      include: folders.map((folder) => `modules/${folder}/manifest.json`),
    }),
    board: 'esp32c3',
    reboots: 'manual',
  });
  devices.push(device);
  await device.run(1000);
  expect(device.exit).toBeUndefined();
  return device.traces;
}

test('a thousand made-up names of arguments leave a device unharmed, and wrong arguments are named as such', async () => {
  const traces = await run(`
const host = { call: (_resource: string, _method: string, parameters: object) => parameters };
/** The result, else the code. */
function ask(parameters: string): string {
  const { result, code } = part(replyTo(host, parameters));
  return code || result;
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
`);
  expect(traces).toEqual([
    ...Array.from({ length: 5 }, () => 'wrong-argument'),
    '{}',
    '{"from":3,"reader_name":"a"}',
  ]);
});

test('a long result goes out in parts, each made when it is asked for', async () => {
  const traces = await run(`
let made = 0;
function* pieces(): Generator<string, string> {
  yield '[0';
  for (made = 1; made < 100; made++) yield ',"' + 'ä'.repeat(20) + made + '"';
  return ']';
}
const reply = replyTo({ call: () => new LongAnswer(pieces()) });
if (made !== 0) throw new Error('made before it is asked for');
const parts = [];
while (!reply.complete) {
  const { result } = part(reply);
  if (result.length > 540) throw new Error('longer than a part');
  parts.push(result);
  if (parts.length === 1) trace(made + ' pieces in the first part\\n');
}
trace(parts.length + ' parts of ' + JSON.parse(parts.join('')).length + '\\n');
`);
  expect(traces).toEqual(['12 pieces in the first part', '9 parts of 100']);
});

test('a result that is whole at once goes out in one part', async () => {
  const traces = await run(`
const { result, more } = part(replyTo({ call: () => ({ text: 'x'.repeat(2000) }) }));
trace(JSON.parse(result).text.length + ' ' + more + '\\n');
`);
  expect(traces).toEqual(['2000 false']);
});

test('a result that is too long, or fails in the middle, ends with a code', async () => {
  const traces = await run(`
function* endless(): Generator<string, string> {
  for (;;) yield 'x'.repeat(300);
}
function* failing(): Generator<string, string> {
  yield 'x'.repeat(600);
  throw new CallError('failed', 'no more');
}
for (const pieces of [endless(), failing()]) {
  const reply = replyTo({ call: () => new LongAnswer(pieces) });
  let count = 0;
  let last = part(reply);
  for (; !reply.complete; count++) last = part(reply);
  trace(count + ' ' + last.code + '\\n');
}
`);
  expect(traces).toEqual(['20 too-large', '1 failed']);
});
