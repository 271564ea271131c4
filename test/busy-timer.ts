/**
 * Ticks on a grid as a stream does, works at each tick for as many ms of CPU as it is told, and does nothing else: what it
 * misses is what the machine takes from any program that is as busy.
 *
 * Arguments: Hz, ms of work a tick. Prints how many ticks it missed when its input ends.
 */
import process from 'node:process';

const [hertz, work] = process.argv.slice(2).map(Number) as [number, number];
const period = 1_000 / hertz;
let missed = 0;
let due = performance.now() + period;

function tick(): void {
  const passed = Math.max(0, Math.floor((performance.now() - due) / period));
  missed += passed;
  due += (passed + 1) * period;
  const begin = process.cpuUsage();
  const worked = () => {
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1_000;
  };
  while (worked() < work);
  timer = setTimeout(tick, Math.max(1, due - performance.now()));
}

let timer = setTimeout(tick, period);
process.stdin.resume().once('end', () => {
  clearTimeout(timer);
  process.stdout.write(`${missed}`);
});
