/** Eight Analogs at 100 Hz whose blocks nobody takes: everything goes to flash. */
import Analog from 'embedded:io/analog';
import flash from 'embedded:storage/flash';
import config from 'mc/config';
import { Capture } from 'modules/capture/capture';
import type { CollectorPlan } from 'modules/config/plan';
import { Clock } from 'modules/device/clock';
import { FlashLog } from 'modules/ring/flash-log';
import Time from 'time';
import Timer from 'timer';

export default function () {
  const { pins, headBytes, seconds } = config as { pins: number[]; headBytes: number; seconds: number };
  const boot = { counter: 1, random: 0x9f00c3a1 };
  const log = new FlashLog({ flash: flash.open({ path: 'capture', mode: 'r+' }), boot, headBytes });
  const capture = new Capture({ clock: new Clock(Time), timer: Timer, boot, log, failed: () => {} });
  const collectors = pins.map(
    (pin): CollectorPlan => ({
      identity: {
        owner: 'part',
        resource: 'rdk:component:board/board',
        method: 'Analogs',
        parameters: { reader_name: `${pin}` },
      },
      frequency: { numerator: 100, denominator: 1 },
      quota: 50_000,
      target: 512,
      tags: [],
    }),
  );
  const paths = pins.map((_, index) => `pins[${index}]`);
  capture.apply({ collectors, paths }, ({ identity }) => {
    const io = new Analog({ pin: Number(identity.parameters.reader_name) });
    return { kind: 'integer', io };
  });
  Timer.set(() => {
    const into = new Uint8Array(512);
    const streams = capture.streams.map(({ number, counters, ring }) => {
      let right = 0;
      for (let sequence = ring.oldest; sequence < ring.next; sequence += 1)
        if (ring.read(sequence, into) > 0) right += 1;
      const { captured, missed, late } = counters;
      return { number, captured, missed, late, stored: ring.next - ring.oldest, right };
    });
    trace(`${JSON.stringify({ streams, flash: log.counters })}\n`);
  }, seconds * 1000);
}
