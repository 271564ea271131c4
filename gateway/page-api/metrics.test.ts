import { expect, test } from 'vitest';
import type { HealthView } from './health';
import { Metrics, type MetricsSources } from './metrics';
import type { LossView, PartView, StateView } from './state';

const device = {
  captured: 100,
  acknowledged: 70,
  overwritten: 10,
  discarded: 0,
  stored: 20,
  missed: 3,
  late: 2,
  failed: 1,
  refused: 0,
};
const loss = (of: Partial<LossView>): LossView => ({
  stream: 'shed A1',
  boot: '1-7',
  cause: 'quota',
  readings: 4,
  start: 0,
  end: 1,
  lowerBound: false,
  ...of,
});

const part: PartView = {
  name: 'sh"ed',
  connected: true,
  since: 1_000,
  boot: '1-7',
  chip: 'esp32',
  firmware: '1',
  resetReason: '',
  clock: 'sntp',
  statusAt: null,
  uptime: 5_000,
  heap: { used: 10, size: 20 },
  losses: [loss({}), loss({ readings: 6 }), loss({ cause: 'reboot', readings: 1 })],
  problems: [{ severity: 'warning', code: 'c', path: '', message: '' }],
  streams: [
    {
      key: 'shed A1',
      owner: 'part',
      resource: 'rdk:component:board/b',
      method: 'Analogs',
      parameters: {},
      frequency: 100,
      unit: 'V',
      device,
      ring: { bytes: 480, quota: 4_000 },
      gateway: { received: 70, uploaded: 60, setAside: 1, deleted: 2, stored: 7 },
    },
  ],
};

const health: HealthView = {
  status: 'degraded',
  checks: {
    outbox: { status: 'ok', bytes: 9_000, waiting: 3, failed: 1, unread: 2 },
    disk: { status: 'degraded', free: 5, total: 100 },
    sync: { status: 'ok', destinations: [{ name: 'cloud', lag: 12.5, failures: 2 }] },
    parts: { status: 'ok', configured: 1, connected: 1, away: [] },
    page: { status: 'ok', readers: 1 },
  },
};

const sync = { disabled: false, running: false, failures: 2, retries: 5 };
const state: StateView = {
  main: 'main',
  now: 0,
  sync,
  files: { waiting: 3, failed: 1, unread: 2 },
  remotes: 1,
  started: 0,
  log: '',
  alerts: [],
  parts: [part],
  problems: [],
};

const sources: MetricsSources = {
  state: () => state,
  health: async () => health,
  flash: () => ({ erases: 12 }),
  link: { sessions: 4, blocks: 30, readings: 3_000, duplicates: 2, refusals: { proof: 1 } },
  logBytes: () => 512,
  alerts: () => [{ kind: 'part-away', subject: 'sh"ed', message: '', raised: 0 }],
  retries: () => [{ name: 'cloud', retries: 5 }],
  mongo: () => ({ written: 40, failed: 2, dropped: 0 }),
};
const metrics = new Metrics(sources);

const labels =
  'part="sh\\"ed",stream="shed A1",owner="part",resource="rdk:component:board/b",method="Analogs"';

test.each([
  ...['captured', 'missed', 'late', 'failed', 'overwritten'].map((fate) => [
    `sluice_device_readings{${labels},fate="${fate}"} ${device[fate as keyof typeof device]}`,
  ]),
  [`sluice_gateway_readings{${labels},fate="uploaded"} 60`],
  [`sluice_device_ring_bytes{${labels}} 480`],
  [`sluice_device_ring_quota_bytes{${labels}} 4000`],
  ['sluice_part_lost_readings{part="sh\\"ed",stream="shed A1",cause="quota"} 10'],
  ['sluice_part_lost_readings{part="sh\\"ed",stream="shed A1",cause="reboot"} 1'],
  ['sluice_part_flash{part="sh\\"ed",counter="erases"} 12'],
  ['sluice_part_connected{part="sh\\"ed"} 1'],
  ['sluice_part_problems{part="sh\\"ed",severity="warning"} 1'],
  ['sluice_link_blocks_total 30'],
  ['sluice_link_refusals_total{code="proof"} 1'],
  ['sluice_sync_lag_seconds{destination="cloud"} 12.5'],
  ['sluice_sync_failures{destination="cloud"} 2'],
  ['sluice_sync_retries_total{destination="cloud"} 5'],
  ['sluice_mongo_readings_total{fate="written"} 40'],
  ['sluice_mongo_readings_total{fate="failed"} 2'],
  ['sluice_disk_bytes{of="free"} 5'],
  ['sluice_outbox_log_bytes 512'],
  ['sluice_alert{kind="part-away",subject="sh\\"ed"} 1'],
  ['sluice_health{of="all"} 1'],
  ['sluice_health{of="disk"} 1'],
])('says %s', async (line) => {
  expect((await metrics.text()).split('\n')).toContain(line);
});

test('says of a part that is away, refused or doubled that it is, and why', async () => {
  const refused = { code: 'proof', detail: '', address: '192.0.2.7', since: 1_000, count: 3 };
  const doubled = { severity: 'error' as const, code: 'duplicate-part', path: '', message: '' };
  const wrong: PartView = { ...part, connected: false, endedBy: 'silent', refused, problems: [doubled] };
  const linesOf = async (...parts: PartView[]) => {
    const text = await new Metrics({ ...sources, state: () => ({ ...state, parts }) }).text();
    return text.split('\n').filter((line) => /^sluice_part_(away|refused|doubled)\{/.test(line));
  };
  expect(await linesOf(wrong)).toEqual([
    'sluice_part_away{part="sh\\"ed",reason="silent"} 1',
    'sluice_part_refused{part="sh\\"ed",reason="proof"} 3',
    'sluice_part_doubled{part="sh\\"ed"} 1',
  ]);
  expect(await linesOf(part)).toEqual(['sluice_part_doubled{part="sh\\"ed"} 0']);
});

test('leaves out what is not known, and declares each family once', async () => {
  const lines = (await metrics.text()).split('\n');
  expect(lines.filter((line) => line.startsWith('sluice_part_status_seconds'))).toEqual([]);
  const declared = lines.filter((line) => line.startsWith('# TYPE sluice_'));
  expect(new Set(declared).size).toBe(declared.length);
  expect(declared).toContain('# TYPE sluice_link_blocks_total counter');
});
