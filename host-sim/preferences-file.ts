/** The settings (NVS) of a device: the file that keeps them, their room, their power cuts (host-sim/xs/preferences.c). */
export class PreferencesFile {
  readonly #pending: string[] = [];
  readonly #size: number | undefined;
  readonly #send: (line: string) => void;

  constructor(
    readonly path: string,
    /** Bytes of the partition; undefined: there is room for everything. */
    size: number | undefined,
    send: (line: string) => void,
  ) {
    this.#size = size;
    this.#send = send;
  }

  /**
   * Takes the power away before the given step, counted from the boot: a set erases the entry, when there is one, and
   * writes it, which are two steps; a delete is one. For the boot that runs.
   */
  cutPower(step: number): void {
    this.#send(`preferences\tcut\t${step}`);
  }

  /** The same, but counted from now. */
  cutPowerSoon(steps: number): void {
    this.#send(`preferences\tcutsoon\t${steps}`);
  }

  /** The same for the boot that follows. */
  nextBoot = {
    cutPower: (step: number) => {
      this.#pending.push(`preferences\tcut\t${step}`);
    },
  };

  /** The lines for a boot. */
  lines(): string[] {
    return [
      `preferences\tfile\t${this.path}`,
      ...(this.#size === undefined ? [] : [`preferences\tsize\t${this.#size}`]),
      ...this.#pending.splice(0),
    ];
  }
}
