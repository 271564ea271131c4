/** `sim/board`: the chip that is checked, as the simulator has it. One check after the other, so one place will do. */
import { boards } from '../../../host-sim/manifest/boards';
import { type Chip, findChip } from '../../../modules/resources/chips';

export let chip: Chip = findChip('esp32');
export let pulseCounters = 0;
export let captureTimers = 0;
export let i2cBuses = 0;
export let pwm: { channels: readonly number[]; lowestHz: readonly number[] } = boards.esp32.pwm;

/** The simulator has no ESP32-C6: its units are as many as an ESP32-S3's. */
const limits = {
  ...boards,
  esp32c6: { ...boards.esp32s3, chip: findChip('esp32c6') },
};

/** @param name of a chip in `modules/resources/chips` */
export function useChip(name: string): void {
  ({ chip, pulseCounters, captureTimers, pwm } = limits[name as keyof typeof limits]);
  ({ i2cBuses } = chip);
}
