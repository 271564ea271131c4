/** That a certificate ends: noticed when it is given, and when its time comes. */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../clock';
import type { Alerts } from './alerts';

const day = 86_400_000;

export class CertificateWatch {
  readonly #alerts: Alerts;
  readonly #clock: Clock;
  readonly #setting: 'certificate_days' | 'authority_days';
  #cancel: (() => void) | undefined;
  /** Unix time in milliseconds. */
  #end: number | undefined;

  /** @param setting how long before its end it is told of */
  constructor(
    alerts: Alerts,
    clock: Clock,
    setting: 'certificate_days' | 'authority_days' = 'certificate_days',
  ) {
    this.#alerts = alerts;
    this.#clock = clock;
    this.#setting = setting;
  }

  /** @param certificate PEM, the server's first; undefined: doors are in plain text */
  follow(subject: string, certificate: string | undefined): void {
    this.#cancel?.();
    const days = this.#alerts.settings[this.#setting];
    const end = certificate === undefined ? undefined : Date.parse(new X509Certificate(certificate).validTo);
    const left = end === undefined || days === null ? undefined : end - days * day - this.#clock.wall();
    const isAnother = this.#end !== undefined && this.#end !== end;
    // What stands since before a start goes on: it is told once.
    if (left === undefined || left > 0 || isAnother) this.#alerts.ends('certificate-ending', subject);
    this.#end = end;
    if (end === undefined || left === undefined) return;
    const raise = () =>
      this.#alerts.holds(
        'certificate-ending',
        subject,
        `the certificate of ${subject} ends at ${new Date(end).toISOString()}`,
      );
    if (left <= 0) raise();
    else this.#cancel = this.#clock.after(left, raise);
  }

  close(): void {
    this.#cancel?.();
  }
}
