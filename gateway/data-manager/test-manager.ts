/** For tests: a data manager below a folder of the test's, which delivers to one destination that answers as it is told. */
import { join } from 'node:path';
import { systemClock } from '@sluice/common/clock';
import { pino } from 'pino';
import type { Item } from '../outbox/items';
import type { Delivery } from '../sync/destination';
import { DataManager, type DataManagerOptions, type DataManagerSettings } from './data-manager';

export function openTestManager(
  root: string,
  settings: DataManagerSettings,
  deliver: (item: Item) => Promise<Delivery>,
  more: Partial<DataManagerOptions> = {},
): Promise<DataManager> {
  return DataManager.open({
    settings,
    main: 'main',
    captureDirectory: join(root, 'capture'),
    home: join(root, 'home'),
    destinationNames: ['cloud'],
    destinations: () => [{ name: 'cloud', deliver }],
    remote: () => undefined,
    readings: async () => undefined,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    ...more,
  });
}
