/** `resetReason`: `esp_reset_reason()` by number and name. */
const names = Object.freeze([
  'Unknown',
  'Power-On',
  'External Pin',
  'Software',
  'Panic',
  'Interrupt WDT',
  'Task WDT',
  'Other WDT',
  'Deep Sleep',
  'Brownout',
  'SDIO',
]);

const read = native('sim_device_reason');

export default function getResetReason() {
  const reason = read();
  return { reason, string: names[reason] ?? 'Invalid' };
}
