/** Reads pins at 100 Hz; the smallest firmware that does what Sluice is for. */
import Analog from 'embedded:io/analog';
import Digital from 'embedded:io/digital';
import config from 'mc/config';
import Timer from 'timer';

export default function () {
  const { pins, digital = [] } = config as { pins: number[]; digital?: number[] };
  const inputs = [
    ...pins.map((pin) => new Analog({ pin })),
    ...digital.map((pin) => new Digital({ pin, mode: Digital.Input })),
  ];
  const count = inputs.length;
  let sum = 0;
  let reads = 0;
  Timer.repeat(() => {
    for (let index = 0; index < count; index++) sum += inputs[index]!.read() ?? 0;
    reads += count;
  }, 10);
  Timer.repeat(() => trace(`${reads} reads, sum ${sum}\n`), 60_000);
}
