/** Viam's data clients beside a MongoDB that gets every message, and is away. */
import { messageOf, SensorData } from '@sluice/common/viam/messages';
import { deserialize, serialize } from 'bson';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestDoor } from '../test-door';
import { DataService } from './messages';

let door: TestDoor;

beforeEach(async () => {
  door = await TestDoor.make();
});
afterEach(() => door.close());

test('MQL is answered here, whatever becomes of a MongoDB beside', { timeout: 60_000 }, async () => {
  const secret = await door.addMachine('vs-part');
  const anna = await door.addUser('anna', 'viewer');
  await door.start({ mongodb: { url: 'mongodb://127.0.0.1:9', database: 'sluice', collection: 'messages' } });
  const requested = Date.now() - 1_000;
  const reading = messageOf(SensorData as never, {
    metadata: { time_requested: requested, time_received: requested },
    struct: { readings: { celsius: 21.5 } },
  }) as { toBinary(): Uint8Array };
  const metadata = { partId: 'vs-part', componentType: 'rdk:component:sensor', componentName: 's' };
  await (await door.dataSync(secret)).dataCaptureUpload({
    metadata: { ...metadata, methodName: 'Readings', type: 2 },
    sensorContents: [reading.toBinary()],
  });
  const data = door.client(DataService, await door.authenticate(anna));
  const { rawData } = await data.tabularDataByMQL({
    organizationId: 'lab',
    mqlBinary: [serialize({ $match: { component_name: 's' } })],
  });
  expect(rawData.map((document: Uint8Array) => deserialize(document))).toMatchObject([
    { part_id: 'vs-part', method_name: 'Readings', data: { readings: { celsius: 21.5 } } },
  ]);
  const lagging = door.cloud.stages().find(({ name }) => name === 'mongodb');
  expect(lagging?.behind.arrivals).toBeGreaterThan(0);
});
