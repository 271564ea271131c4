/** What a part of the simulated world is configured with. */
import type { Collector, PartScenario } from './scenario';
import { pinsOf } from './scenario';

const i2cPinsOf = { esp32: [21, 22], esp32c3: [5, 6], esp32s3: [11, 12] } as const;
/** Hz of the sensor that gives whatever comes. */
const hostileFrequency = 5;

function methodOf({ pin, frequency, cacheKb }: Collector) {
  return {
    method: 'Analogs',
    capture_frequency_hz: frequency,
    cache_size_kb: cacheKb,
    additional_params: { reader_name: `P${pin}` },
  };
}

const captured = (capture_methods: object[]) => [{ type: 'data_manager', attributes: { capture_methods } }];

function boardOf({ board, own }: PartScenario) {
  const [data_pin, clock_pin] = i2cPinsOf[board];
  const analogs = pinsOf[board].map((pin) => ({ name: `P${pin}`, pin: String(pin) }));
  return {
    name: 'board',
    namespace: 'rdk',
    type: 'board',
    model: 'esp32',
    attributes: { analogs, i2cs: [{ name: 'i2c', bus: 'i2c0', data_pin, clock_pin }] },
    service_configs: captured(own.map(methodOf)),
  };
}

function meterOf({ frequency, cacheKb }: NonNullable<PartScenario['meter']>) {
  const method = { method: 'Readings', capture_frequency_hz: frequency, cache_size_kb: cacheKb };
  return {
    name: 'meter',
    namespace: 'rdk',
    type: 'power_sensor',
    model: 'ina219',
    attributes: { i2c_bus: 'i2c' },
    depends_on: ['board'],
    service_configs: captured([method]),
  };
}

/** @param seed of a driver that gives whatever comes (`hostile-sensor.ts`); left out: it is a plain one */
function sensorOf(name: string, capture_frequency_hz: number, seed?: number) {
  const service_configs = captured([{ method: 'Readings', capture_frequency_hz }]);
  const driver = seed === undefined ? { model: 'fake' } : { model: 'hostile', attributes: { seed } };
  return { name, namespace: 'rdk', type: 'sensor', ...driver, service_configs };
}

/** @param sensors beside those of the scenario, at 1 Hz */
export function configurationOf(part: PartScenario, sensors = 0): string {
  const { meter, hostile, intervalMinutes, headKb, retainUnsynced, sleeps } = part;
  const attributes = {
    sync_interval_mins: intervalMinutes,
    ram_head_kb: headKb,
    retain_unsynced: retainUnsynced,
    radio: sleeps ? 'duty' : undefined,
  };
  return JSON.stringify({
    components: [
      boardOf(part),
      ...(meter ? [meterOf(meter)] : []),
      ...(hostile ? [sensorOf('hostile', hostileFrequency, hostile)] : []),
      ...Array.from({ length: sensors }, (_, index) =>
        sensorOf(`more-${index}`, 1, hostile && hostile + index),
      ),
    ],
    services: [{ name: 'data', namespace: 'rdk', type: 'data_manager', attributes }],
  });
}

export function additionsOf({ added }: PartScenario): string {
  const methods = added.map((collector) => ({ ...methodOf(collector), name: 'rdk:component:board/board' }));
  return JSON.stringify(captured(methods));
}
