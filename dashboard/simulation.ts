/** The buttons of a part that this process simulates: what the page and the composition say to each other. */

/** Under `simulation` in what an extension shows of a part. */
export interface SimulationView {
  wifi: boolean;
  running: boolean;
  /** Wall milliseconds at which its process, which has died, is started again. */
  again?: number;
}

export const simulationActions = ['wifi-off', 'wifi-on', 'reboot', 'power-cut'] as const;
export type SimulationAction = (typeof simulationActions)[number];

/** `POST` does it. */
export function simulationPath(part: string, action: string): string {
  return `/api/simulation/${part}/${action}`;
}
