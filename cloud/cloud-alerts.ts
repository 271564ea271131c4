/**
 * What of a cloud somebody should look at, told to the alerts at each look of the keeper. In: the disk, the stages. Out:
 * alerts.
 */
import { type Alerts, CertificateWatch } from '@sluice/common/alerts';
import { systemClock } from '@sluice/common/clock';
import { withoutPaths } from '@sluice/common/errors';
import type { StageStatus } from './stages/runner';

/** What the certificate is of; the same in one process with a gateway. */
const doors = "the page and the cloud's doors";
const cloudDisk = "the cloud's disk";
const minute = 60_000;

export class CloudAlerts {
  readonly #alerts: Alerts;
  readonly #certificate: CertificateWatch;

  constructor(alerts: Alerts) {
    this.#alerts = alerts;
    this.#certificate = new CertificateWatch(alerts, systemClock);
  }

  looked(disk: 'roomy' | 'filling' | 'full', stages: readonly StageStatus[]): void {
    const { disk_used_share, stage_behind_mins: behind } = this.#alerts.settings;
    if (disk === 'roomy' || disk_used_share === null) this.#alerts.ends('disk-filling', cloudDisk);
    else
      this.#alerts.holds(
        'disk-filling',
        cloudDisk,
        disk === 'full'
          ? `${cloudDisk} is full: nothing is taken`
          : `${cloudDisk} fills: nothing is taken soon`,
      );
    for (const stage of stages) this.#stage(stage, behind === null ? undefined : behind * minute);
  }

  /** @param pem the certificate of the doors; undefined: they are in plain text */
  certificate(pem: string | undefined): void {
    this.#certificate.follow(doors, pem);
  }

  close(): void {
    this.#certificate.close();
  }

  #stage(
    { name, state, behind: { arrivals, milliseconds }, error }: StageStatus,
    most: number | undefined,
  ): void {
    const isLagging = state === 'detached' || (most !== undefined && arrivals > 0 && milliseconds >= most);
    if (most === undefined || !isLagging) {
      this.#alerts.ends('stage-lagging', name);
      return;
    }
    const why = error === undefined ? '' : `: ${withoutPaths(error)}`;
    const lag = `${arrivals} arrivals and ${Math.round(milliseconds / 1_000)} s behind`;
    this.#alerts.holds('stage-lagging', name, `the stage ${name} is ${state}, ${lag}${why}`);
  }
}
