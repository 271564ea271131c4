/** What an open page asks a part for, up to the messages that answer it. */
import flash from 'embedded:storage/flash';
import type { Stream } from 'modules/capture/collector';
import { flashMapPieces } from 'modules/device/flash-map';
import { figurePieces, statusPieces, type Told } from 'modules/device/status';
import { FlashLog } from 'modules/ring/flash-log';
import { LongAnswer } from 'modules/uplink/long-answer';
import { Reply } from 'modules/uplink/replies';
import type { UplinkHost } from '../../modules/uplink/uplink-host';

const boot = { counter: 12, random: 0x9f00c3a1 };
const streamCount = 15;

export default function () {
  const flashLog = new FlashLog({
    flash: flash.open({ path: 'capture', mode: 'r+' }),
    boot,
    headBytes: 8_192,
  });
  const words = new Int32Array(128);
  const bytes = new Uint8Array(words.buffer);
  const streams: Stream[] = [];
  for (let number = 0; number < streamCount; number += 1) {
    const ring = flashLog.openRing({ stream: number, quota: 40_000 });
    for (let block = 0; block < 30; block += 1)
      ring.block(bytes, 512, ring.next, 500, block * 5_000, block * 5_000 + 4_990);
    ring.acknowledge(12);
    streams.push({
      number,
      plan: { identity: { resource: 'rdk:component:board/board', method: 'Analogs' } },
      encoder: { held: 117, refused: 0 },
      ring,
      counters: { captured: 15_117, missed: 0, late: 12, failed: 0, slow: 0, refused: 0 },
    } as unknown as Stream);
  }
  const device = {
    clock: { now: () => 3_723_456, wall: { source: 'sntp', offset: 1.7e12, uncertainty: 12 } },
    identity: { part: 'esp', boot, firmware: '0.1.0', resetReason: 'power on' },
    revision: 'r17',
    problems: [],
    problemCount: 0,
    network: { up: true, ssid: 'home', rssi: -61, address: '192.168.1.23', connections: 1, losses: 0 },
    waiting: undefined,
    flashLog,
    capture: { streamAfter: (number: number) => streams[number + 1] },
    log: { recent: ['12.345 info: a line of the log', '13.456 info: another line of the log'] },
  } as unknown as Told;
  const answers: Record<string, () => unknown> = {
    Status: () => new LongAnswer(statusPieces(device)),
    Figures: () => new LongAnswer(figurePieces(device)),
    FlashMap: () => new LongAnswer(flashMapPieces(flashLog.log, 0)),
  };
  const host = {
    clock: device.clock,
    call: (_resource: string, method: string) => answers[method]!(),
  } as unknown as UplinkHost;
  const buffer = new Uint8Array(2_048);
  const ask = (method: string): void => {
    const reply = new Reply(host, { id: 7, resource: '', method, parameters: '{}', deadline: 5_000 });
    while (!reply.complete) reply.write(buffer);
  };
  return {
    status(count: number) {
      for (let done = 0; done < count; done += 1) ask('Status');
    },
    figures(count: number) {
      for (let done = 0; done < count; done += 1) ask('Figures');
    },
    flashMap(count: number) {
      for (let done = 0; done < count; done += 1) ask('FlashMap');
    },
  };
}
