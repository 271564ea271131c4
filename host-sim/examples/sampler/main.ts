/** Reads pins at 100 Hz; the smallest firmware that does what Sluice is for. */
import Analog from 'embedded:io/analog';
import config from 'mc/config';
import Timer from 'timer';

export default function () {
  const inputs = (config.pins as number[]).map((pin) => new Analog({ pin }));
  const count = inputs.length;
  let sum = 0;
  let reads = 0;
  Timer.repeat(() => {
    for (let index = 0; index < count; index++) sum += inputs[index]!.read();
    reads += count;
  }, 10);
  Timer.repeat(() => trace(`${reads} reads, sum ${sum}\n`), 60_000);
}
