import { defaultAlertSettings } from '@sluice/common/alerts';
import { beforeEach, expect, test } from 'vitest';
import { CloudAlerts } from './cloud-alerts';
import type { StageStatus } from './stages/runner';

const minute = 60_000;
const stage = (of: Partial<StageStatus>): StageStatus => ({
  name: 'time-series',
  state: 'running',
  position: 0,
  behind: { arrivals: 0, milliseconds: 0 },
  stored: 0,
  deadLetters: 0,
  droppedDeadLetters: 0,
  ...of,
});

let told: string[];
let alerts: CloudAlerts;

beforeEach(() => {
  told = [];
  alerts = new CloudAlerts({
    settings: defaultAlertSettings,
    holds: (kind: string, subject: string, message: string) =>
      void told.push(`${kind} ${subject}: ${message}`),
    ends: (kind: string, subject: string) => void told.push(`${kind} ${subject} ends`),
  } as never);
});

test('a stage that lags for long is told of with why, and that it has caught up', () => {
  const error = "cannot open '/var/lib/sluice/rows.db'";
  const behind = (milliseconds: number) => ({ arrivals: 40, milliseconds });
  alerts.looked('roomy', [stage({ state: 'failing', behind: behind(9 * minute), error })]);
  expect(told.at(-1)).toBe('stage-lagging time-series ends');
  alerts.looked('roomy', [stage({ state: 'failing', behind: behind(11 * minute), error })]);
  expect(told.at(-1)).toBe(
    "stage-lagging time-series: the stage time-series is failing, 40 arrivals and 660 s behind: cannot open 'rows.db'",
  );
  alerts.looked('roomy', [stage({})]);
  expect(told.at(-1)).toBe('stage-lagging time-series ends');
});

test('a stage that is detached is told of at once', () => {
  alerts.looked('roomy', [stage({ state: 'detached', error: 'is behind' })]);
  expect(told.at(-1)).toMatch(/^stage-lagging time-series: the stage time-series is detached/);
});

test.each([
  ['filling', "disk-filling the cloud's disk: the cloud's disk fills: nothing is taken soon"],
  ['full', "disk-filling the cloud's disk: the cloud's disk is full: nothing is taken"],
  ['roomy', "disk-filling the cloud's disk ends"],
] as const)('a disk that is %s is told of', (disk, news) => {
  alerts.looked(disk, []);
  expect(told).toEqual([news]);
});
