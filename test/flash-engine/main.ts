import flash from 'embedded:storage/flash';
import config from 'mc/config';
import { FlashLog } from 'modules/ring/flash-log';
import { exercise } from './exercise';

export default function () {
  const { seed } = config as { seed: number };
  trace(`${exercise(FlashLog, flash.open({ path: 'capture', mode: 'r+' }), seed)}\n`);
}
