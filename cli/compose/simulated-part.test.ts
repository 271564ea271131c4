import { expect, test } from 'vitest';
import { Log } from '../../modules/device/log';
import { levelOf } from './simulated-part';

test("logs each line of the firmware's log at its own level", () => {
  const levels: string[] = [];
  const log = new Log({ now: () => 0 }, (line) => levels.push(levelOf(line)));
  log.error('the flash has failed');
  log.warning('a pin is taken');
  log.info('connected: no error: at all');
  expect(levels).toEqual(['error', 'warn', 'info']);
});
