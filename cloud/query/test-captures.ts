/** Readings of all kinds for tests: of an ESP32, of a machine of Viam's, of a device that sends messages. */
import { pack } from '../../modules/block/encode.node.js';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { Arrival } from '../inbox/arrival';
import { blocksOf, messageOf, noon } from '../stores/time-series/test-series';

/** Blocks of one stream of the part `esp`, handed in by the main part `main`. */
export function captured(
  position: number,
  kind: CaptureFileMetadata['kind'],
  values: readonly unknown[],
  about: Partial<CaptureFileMetadata> & Pick<CaptureFileMetadata, 'resource' | 'method'>,
): Arrival {
  const period = { numerator: 1000, denominator: 1 };
  const boot = { counter: 3, random: position + 1 };
  const packed = pack(kind as never, values as never, { stream: position, period, boot, start: 1000 });
  const metadata: CaptureFileMetadata = {
    ...{ part: 'esp', boot, stream: position, owner: 'part', parameters: {}, kind, period, tags: [] },
    ...about,
  };
  return {
    ...{ kind: 'blocks', position, arrived: noon, appId: 'lab', devId: 'esp', main: 'main', metadata },
    blocks: packed.blocks.map((bytes: Uint8Array, sequence: number) => ({
      sequence,
      readings: packed.ends[sequence]!.readings,
      mapping: { known: true, offset: noon - 1000 },
      bytes,
    })),
  };
}

/** Of the project `lab`. */
export function capturedOfLab(): Arrival[] {
  const range = { min: 0, max: 3300, step: 0.8, unit: 'mV' };
  const board = 'rdk:component:board/my-esp32';
  const room = { resource: 'rdk:component:sensor/room', method: 'Readings' };
  return [
    captured(0, 'integer', [10, 20, 30], {
      ...{
        resource: board,
        method: 'Analogs',
        parameters: { reader_name: 'temp_2' },
        range,
        tags: ['a', 'b'],
      },
    }),
    captured(1, 'boolean', [true, false], {
      resource: board,
      method: 'Gpios',
      parameters: { pin_name: '27' },
    }),
    captured(
      2,
      'record',
      [{ celsius: 21.5, wet: true, of: { x: [1, 2], y: 'text' } }, { celsius: 22 }],
      room,
    ),
    captured(3, 'record', [{ x: 1, y: 2, z: 3 }], {
      ...{ resource: 'rdk:component:movement_sensor/imu', method: 'LinearVelocity', owner: 'main' },
    }),
    captured(4, 'double', [1.5], { resource: 'rdk:component:motor/wheel', method: 'Position' }),
    messageOf(
      5,
      { arm_JointPositions: { positions: { values: [3, 1, 2] } } },
      {
        ...{ appId: 'lab', devId: 'viam-part', time: noon + 500 },
        tags: {
          resource: 'rdk:component:arm/arm',
          method: 'JointPositions',
          owner: 'main',
          parameters: '{"extra":1}',
        },
      },
    ),
    messageOf(6, { level: 4, of: { a: 1 } }, { appId: 'lab', devId: 'tank', time: noon }),
  ];
}

/** Of other projects. */
export function hidden(): Arrival[] {
  return [messageOf(7, { level: 1 }, { appId: 'secret', devId: 'tank', time: noon }), blocksOf(8, [5])];
}
