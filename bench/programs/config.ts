/** What it costs a device to read a configuration: 12 collectors at 100 Hz on a board, three slow sensors. */
import { parsePart } from 'modules/config/part';

const analogs: object[] = [];
const methods: object[] = [];
for (let index = 0; index < 8; index++) {
  analogs.push({ name: `A${index}`, pin: `${32 + index}` });
  methods.push({
    method: 'Analogs',
    capture_frequency_hz: 100,
    cache_size_kb: 10,
    additional_params: { reader_name: `A${index}` },
  });
}
for (let index = 0; index < 4; index++)
  methods.push({ method: 'Gpios', capture_frequency_hz: 100, additional_params: { pin_name: `${index}` } });

function captured(component: object, capture_methods: object[]): object {
  return { ...component, service_configs: [{ type: 'data_manager', attributes: { capture_methods } }] };
}

function configuration(space: number): string {
  const board = { name: 'b', type: 'board', model: 'esp32', attributes: { pins: [0, 1, 2, 3], analogs } };
  const readings = [{ method: 'Readings', capture_frequency_hz: 0.1 }];
  const sensors = ['s', 't', 'u'].map((name) => captured({ name, type: 'sensor', model: 'fake' }, readings));
  const services = [{ type: 'data_manager', name: 'dm', attributes: {} }];
  return JSON.stringify({ components: [captured(board, methods), ...sensors], services }, null, space);
}

export default function () {
  const texts = { indented: configuration(2), minified: configuration(0), wrong: `${configuration(2)},` };
  const cases: Record<string, (count: number) => void> = {};
  for (const [name, text] of Object.entries(texts))
    cases[name] = (count) => {
      for (let left = count; left > 0; left--) parsePart(text);
    };
  return cases;
}
