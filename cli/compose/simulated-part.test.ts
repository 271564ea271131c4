import { expect, test } from 'vitest';
import { Log } from '../../modules/device/log';
import { logLineOf } from './simulated-part';

test("logs each line of the firmware's log at its own level, which it names once", () => {
  const lines: unknown[] = [];
  const log = new Log({ now: () => 0 }, (line) => lines.push(logLineOf(line)));
  log.error('the flash has failed');
  log.warning('a pin is taken');
  log.info('connected: no error: at all');
  expect(lines).toEqual([
    { level: 'error', message: 'the flash has failed' },
    { level: 'warn', message: 'a pin is taken' },
    { level: 'info', message: 'connected: no error: at all' },
  ]);
  expect(logLineOf('what XS itself says\n')).toEqual({ level: 'info', message: 'what XS itself says' });
});
