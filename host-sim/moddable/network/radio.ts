/** Whether the radio has been started in this boot: by the first instance of WiFi, and then for good. */
let started = false;

export function startRadio(): void {
  started = true;
}

export function isRadioStarted(): boolean {
  return started;
}
