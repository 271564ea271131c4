/** Attributes that stand where nobody reads them, and where they belong. */

const manager = 'the attributes of the service of type data_manager';
const method = 'an entry of service_configs[].attributes.capture_methods';
const board = "the board's attributes";

const homes: Readonly<Record<string, string>> = {
  capture_methods:
    "the component's service_configs[].attributes, of type data_manager: nothing of it is captured",
  service_configs: 'the component itself: nothing of it is captured',
  method,
  additional_params: method,
  capture_frequency_hz: method,
  cache_size_kb: `${method}, or ${manager}`,
  capture_dir: manager,
  capture_disabled: manager,
  sync_disabled: manager,
  sync_interval_mins: manager,
  retain_unsynced: manager,
  ram_head_kb: manager,
  radio: manager,
  radio_share: manager,
  additional_sync_paths: manager,
  selective_syncer_name: manager,
  analogs: board,
  pins: board,
  digital_interrupts: board,
  i2cs: board,
};

/** @returns a problem of an unknown attribute, with where it belongs; undefined: it belongs nowhere that is known */
export function misplaced<Problem extends { message: string }>(
  problem: Problem,
  name: string,
): Problem | undefined {
  const home = Object.hasOwn(homes, name) ? homes[name] : undefined;
  return home === undefined
    ? undefined
    : { ...problem, message: `is not read here: it belongs into ${home}` };
}
