/**
 * What somebody should look at. In: what holds, ends or happens, from whoever notices it. Out: alerts, each raised once and
 * resolved once: in the log, by webhook, to a broker, for a page. What holds: nobody waits for it, and it is bounded.
 */
export { type Alert, type AlertKind, type AlertNews, alertKinds } from './alert';
export { Alerts, type AlertsOptions, openAlerts } from './alerts';
export { CertificateWatch } from './certificate';
export type { Receiver } from './outlet';
export {
  type AlertSettings,
  defaultAlertSettings,
  parseAlertSettings,
  readAlertSettings,
} from './settings';
