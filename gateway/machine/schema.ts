/**
 * The shape of a machine's configuration: what editors complete, and what is said of a wrong type where the planner
 * (`modules/config/machine`) does not look. Ranges and meanings are the planner's.
 */
import { z } from 'zod';
import { captureMethods } from '../../modules/config/methods';

/** A number, or one in quotes, as the peers allow. */
const numeric = z.union([z.number(), z.string().regex(/^\s*[+-]?[\d.]+([eE][+-]?\d+)?\s*$/)]);
const flag = z.union([z.boolean(), z.enum(['true', 'false'])]);
const text = z.string();
const texts = z.array(text);
const methodNames = [...new Set(captureMethods.map(({ method }) => method))];

const retentionPolicy = z
  .looseObject({
    days: numeric.optional().describe('Days in UTC for which the cloud keeps it.'),
    binary_limit_gb: numeric.optional().describe('Gigabytes of binaries that the cloud keeps.'),
    tabular_limit_gb: numeric.optional().describe('Gigabytes of rows that the cloud keeps.'),
  })
  .describe('How long the cloud keeps what is captured.');

const captureMethod = z.looseObject({
  method: text.describe(`One of ${methodNames.join(', ')}.`),
  capture_frequency_hz: numeric.describe('Readings a second; 0: off.'),
  name: text.optional().describe('In a remote’s list: which resource, as `rdk:component:board/my-esp32`.'),
  additional_params: z
    .record(text, z.union([text, z.number(), z.boolean(), z.looseObject({})]))
    .optional()
    .describe(
      'Of the method: `reader_name`, `pin_name`, `mime_type`, `camera_name`, `min_confidence_score`, `docommand_input`.',
    ),
  disabled: flag.optional().describe('Off without being taken out.'),
  tags: texts.optional().describe('In place of the data manager’s.'),
  cache_size_kb: numeric.optional().describe('On a part: kilobytes that wait for the gateway at most.'),
  retention_policy: retentionPolicy.optional(),
});

const serviceConfigs = z.array(
  z.looseObject({
    type: text.optional().describe('`data_manager`'),
    attributes: z
      .looseObject({
        capture_methods: z.array(captureMethod).optional().describe('What is captured of it.'),
        retention_policy: retentionPolicy.optional(),
      })
      .optional(),
  }),
);

const resource = {
  name: text.describe('Letters, digits, dashes and underscores, 60 at most.'),
  namespace: text.optional().describe('`rdk`'),
  type: text.optional().describe('`board`, `sensor`, `camera` …'),
  api: text.optional().describe('In place of `namespace` and `type`: `rdk:component:board`.'),
  model: text.optional(),
  attributes: z.looseObject({}).optional().describe('Of the model.'),
  depends_on: texts.optional().describe('Resources that are built before it.'),
  service_configs: serviceConfigs.optional().describe('What is captured of it.'),
};

export const dataManagerAttributes = z.looseObject({
  capture_disabled: flag.optional().describe('Nothing is captured on the whole part. Default false.'),
  capture_dir: text
    .optional()
    .describe(
      'Where captured data waits; empty: `~/.viam/capture`. What was captured before a change stays where it is.',
    ),
  tags: texts
    .optional()
    .describe('Letters, digits, underscores and dashes. For all that has none of its own.'),
  sync_disabled: flag.optional().describe('Nothing goes to the cloud. Default false.'),
  sync_interval_mins: numeric.optional().describe('Minutes between two syncs. Default 0.1.'),
  additional_sync_paths: texts
    .optional()
    .describe('Directories whose files go to the cloud, and then are deleted.'),
  file_last_modified_millis: numeric
    .optional()
    .describe('Milliseconds for which such a file has been left alone. Default 10000.'),
  maximum_num_sync_threads: numeric.optional().describe('Deliveries at once. Default half the processors.'),
  maximum_capture_file_size_bytes: numeric.optional().describe('Bytes of a capture file. Default 262144.'),
  delete_data_on_part_deletion: flag
    .optional()
    .describe('The cloud deletes what the part captured with the part. Default false.'),
  delete_every_nth_when_disk_full: numeric
    .optional()
    .describe('Every nth file goes on a full disk. Default 5.'),
  disk_usage_deletion_threshold: numeric
    .optional()
    .describe('Share of the disk from which it is full. Default 0.9.'),
  capture_dir_deletion_threshold: numeric
    .optional()
    .describe('Share of what is used that is ours before anything is deleted. Default 0.5.'),
  mongo_capture_config: z
    .looseObject({
      uri: text.optional().describe('`mongodb://…`; empty: off.'),
      database: text.optional().describe('Default `sensorData`.'),
      collection: text.optional().describe('Default `readings`.'),
    })
    .optional()
    .describe('Rows go to a MongoDB, too, as far as it can be reached.'),
  selective_syncer_name: text
    .optional()
    .describe('A sensor whose reading `should_sync` says whether to sync.'),
  cache_size_kb: numeric.optional().describe('On a part: kilobytes of each collector. Default 1.'),
  retain_unsynced: flag.optional().describe('On a part: what is not synced outlives a restart.'),
  ram_head_kb: numeric
    .optional()
    .describe('On a part: kilobytes of memory that blocks pass through before flash.'),
  radio: z.enum(['', 'on', 'duty']).optional().describe('On a part: `duty` has the radio on for syncs only.'),
  radio_share: numeric
    .optional()
    .describe('On a part: share of a ring from which a radio that sleeps is woken.'),
});

const remote = z.looseObject({
  name: text.describe('What its resources are called by here: `<name>:<resource>`.'),
  address: text.optional().describe('Its first label is another name of the part.'),
  secret: text.optional().describe('By which the part proves itself.'),
  insecure: flag.optional(),
  dial: flag.optional().describe('It is a Viam machine that is to be dialled, not a part that dials.'),
  authority: text
    .optional()
    .describe('Of one that is dialled: path of the certificate, PEM, of who signs its own.'),
  prefix: text.optional(),
  service_configs: serviceConfigs.optional().describe('What is captured of its resources.'),
});

const destination = z.looseObject({
  name: text.describe('What it is called in accounts and logs.'),
  type: z
    .enum(['platform-mqtt', 'platform-http'])
    .describe('Readings as messages of the IoT platform: to its MQTT topic, or to its HTTP entry.'),
  address: text.describe('`mqtts://…`, `mqtt://…`; `https://…/pipeline`, `http://…`.'),
  app_id: text.describe('The project that the messages are of.'),
  user: text.optional().describe('Of the broker.'),
  password: text.optional().describe('Of the broker; or in `SLUICE_DESTINATION_<NAME>`.'),
  authority: text.optional().describe('Path of the certificate of the broker’s authority, PEM.'),
  key: text.optional().describe('Of the HTTP entry; or in `SLUICE_DESTINATION_<NAME>`.'),
  lines: flag
    .optional()
    .describe('The HTTP entry takes many messages in a request, one a line, as our cloud does.'),
  insecure: flag.optional().describe('A secret may go out in plain text.'),
});

export const machine = z.looseObject({
  $schema: text.optional(),
  components: z.array(z.looseObject(resource)).optional(),
  services: z.array(z.looseObject(resource)).optional(),
  remotes: z.array(remote).optional(),
  modules: z.array(z.looseObject({})).optional().describe('Have no effect here.'),
  destinations: z
    .array(destination)
    .optional()
    .describe('Where what is captured goes beside the cloud; a change takes effect at once.'),
});
