/** That a certificate ends: noticed when it is given, and when its time comes. */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../clock';
import type { Alerts } from './alerts';

const day = 86_400_000;

export class CertificateWatch {
  readonly #alerts: Alerts;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;

  constructor(alerts: Alerts, clock: Clock) {
    this.#alerts = alerts;
    this.#clock = clock;
  }

  /** @param certificate PEM, the server's first; undefined: doors are in plain text */
  follow(subject: string, certificate: string | undefined): void {
    this.#cancel?.();
    this.#alerts.ends('certificate-ending', subject);
    const { certificate_days: days } = this.#alerts.settings;
    if (certificate === undefined || days === null) return;
    const end = Date.parse(new X509Certificate(certificate).validTo);
    const raise = () =>
      this.#alerts.holds(
        'certificate-ending',
        subject,
        `the certificate of ${subject} ends at ${new Date(end).toISOString()}`,
      );
    const left = end - days * day - this.#clock.wall();
    if (left <= 0) raise();
    else this.#cancel = this.#clock.after(left, raise);
  }

  close(): void {
    this.#cancel?.();
  }
}
