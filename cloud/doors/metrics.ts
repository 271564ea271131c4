/** The figures in the text format of Prometheus. */
import type { Operated } from './operated';
import type { Came } from './traffic';

interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  samples: { labels?: Record<string, string>; value: number }[];
}

/** @param mayRead whose projects may be named */
export function metricsText(cloud: Operated, mayRead: (appId: string) => boolean): string {
  return families(cloud, mayRead).map(textOf).join('');
}

function families(cloud: Operated, mayRead: (appId: string) => boolean): Family[] {
  const { inbox, stores, free, names, mqttDropped, alerts, isBrokerConnected } = cloud.volumes();
  const stages = cloud.stages();
  const ofStages = (
    name: string,
    help: string,
    value: (stage: (typeof stages)[number]) => number,
  ): Family => ({
    name,
    help,
    type: 'gauge',
    samples: stages.map((stage) => ({ labels: { stage: stage.name }, value: value(stage) })),
  });
  const traffic = cloud.traffic.shown(mayRead);
  const ofDoors = (name: string, help: string, value: (came: Came) => number): Family => ({
    name,
    help,
    type: 'counter',
    samples: traffic.map((came) => ({ labels: { door: came.door, app_id: came.appId }, value: value(came) })),
  });
  return [
    {
      name: 'sluice_cloud_arrivals_total',
      help: 'What arrived at the doors since the start, by what became of it.',
      type: 'counter',
      samples: Object.entries(cloud.counters).map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
    ofDoors(
      'sluice_cloud_door_messages_total',
      'Messages, capture files and files that came to a door since the start, by project; none: of others.',
      ({ count }) => count,
    ),
    ofDoors('sluice_cloud_door_bytes_total', 'Their bytes.', ({ bytes }) => bytes),
    {
      name: 'sluice_cloud_store_bytes',
      help: 'Bytes of a store on the disk, once an hour.',
      type: 'gauge',
      samples: [...stores].map(([store, value]) => ({ labels: { store }, value })),
    },
    {
      name: 'sluice_cloud_inbox_bytes',
      help: 'Bytes of the inbox on the disk.',
      type: 'gauge',
      samples: [{ value: inbox }],
    },
    {
      name: 'sluice_cloud_names_bytes',
      help: 'Bytes of memory for names of what was stored.',
      type: 'gauge',
      samples: [{ value: names }],
    },
    {
      name: 'sluice_cloud_disk_free_bytes',
      help: 'Bytes free on the disk.',
      type: 'gauge',
      samples: free === undefined ? [] : [{ value: free }],
    },
    {
      name: 'sluice_cloud_mqtt_dropped_total',
      help: 'What the MQTT door had no room for, since the start.',
      type: 'counter',
      samples: Object.entries(mqttDropped).map(([kind, value]) => ({ labels: { kind }, value })),
    },
    {
      name: 'sluice_cloud_broker_up',
      help: '1 while the connection to the broker stands; nothing where there is none of its own.',
      type: 'gauge',
      samples: isBrokerConnected === undefined ? [] : [{ value: Number(isBrokerConnected) }],
    },
    {
      name: 'sluice_cloud_alert',
      help: 'That an alert stands, by kind and what it is of.',
      type: 'gauge',
      samples: alerts.map((labels) => ({ labels, value: 1 })),
    },
    ofStages('sluice_cloud_stage_up', '1 while the stage stores.', ({ state }) =>
      state === 'running' ? 1 : 0,
    ),
    ofStages(
      'sluice_cloud_stage_behind_arrivals',
      'Arrivals that the stage has not stored.',
      ({ behind }) => behind.arrivals,
    ),
    ofStages(
      'sluice_cloud_stage_behind_seconds',
      'Age of the oldest of those.',
      ({ behind }) => behind.milliseconds / 1000,
    ),
    ofStages(
      'sluice_cloud_stage_dead_letters',
      'Arrivals set aside by the stage.',
      ({ deadLetters }) => deadLetters,
    ),
  ];
}

function textOf({ name, help, type, samples }: Family): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const of = Object.entries(labels).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    return `${name}${of.length > 0 ? `{${of.join(',')}}` : ''} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
