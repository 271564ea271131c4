/**
 * The rooms of this repository, and the arrows that are allowed between them: who needs a new one adds it here and to
 * ARCHITECTURE.md, with a reason.
 *
 * A room is a folder with all in it that is no room itself, or a single file. It may import itself, and the rooms that
 * `may` names; a name stands for the rooms in that folder too. The table is in the order in which the house stands:
 * a room may only name rooms above it, so rooms have no circles.
 */

export interface Room {
  may: readonly string[];
  /** What its tests and its `*.node.ts` may import beside, wherever in the table it stands. */
  tests?: readonly string[];
}

/** What a test of firmware runs it in. */
const simulator = ['host-sim', 'test', 'proto', 'modules'];
const pipeline = ['modules/block', 'modules/config', 'modules/ring', 'modules/resources', 'modules/capture'];

export const rooms: Readonly<Record<string, Room>> = {
  typings: { may: [] },
  // Pure: device and Node load the same files.
  proto: { may: [], tests: simulator },
  'flash-layout': { may: [], tests: simulator },
  'modules/block': { may: [], tests: simulator },
  'modules/config': { may: [], tests: simulator },
  'modules/message': { may: [], tests: simulator },
  // Firmware: nothing of Node.
  'modules/ring': { may: ['modules/block'], tests: simulator },
  // Pure, and the simulator's too.
  'modules/resources/chips.ts': { may: [] },
  'modules/resources': {
    may: ['modules/block', 'modules/config', 'modules/resources/chips.ts'],
    tests: simulator,
  },
  'modules/capture': { may: pipeline, tests: simulator },
  'modules/uplink': { may: ['proto', 'modules/message', ...pipeline], tests: simulator },
  'modules/device': { may: ['proto', 'modules/uplink', ...pipeline], tests: simulator },
  'main.ts': { may: ['modules/device', 'modules/uplink'] },
  // The simulator of the chip.
  'host-sim/moddable': { may: [] },
  'host-sim/network': { may: ['host-sim/moddable'], tests: ['common', 'host-sim', 'test'] },
  'host-sim/bus': { may: ['host-sim/moddable', 'host-sim/network'], tests: ['host-sim', 'test'] },
  'host-sim': { may: ['host-sim', 'flash-layout', 'modules/resources/chips.ts'], tests: ['test'] },
  // What Node programs share.
  'common/checksum': { may: ['modules/block'] },
  'common/errors': { may: [] },
  'common/text-file': { may: [] },
  'common/clock': { may: [] },
  'common/names': { may: [] },
  'common/events': { may: ['common/errors'] },
  'common/lifecycle': { may: ['common/errors'] },
  'common/storage': { may: ['common/errors'], tests: ['test'] },
  'common/reserve': { may: ['common/errors', 'common/storage'] },
  'common/access': { may: ['proto', 'common/errors', 'common/storage'] },
  'common/http': { may: ['proto', 'common/errors', 'common/access'], tests: ['common/tls'] },
  'common/tls': { may: ['common/errors', 'common/storage'] },
  'common/lock': { may: ['common/errors', 'common/storage'] },
  'common/running': { may: ['common/errors', 'common/lock', 'common/reserve'] },
  'common/log': { may: ['common/checksum', 'common/errors', 'common/storage'], tests: ['test'] },
  // Viam's messages, and what its clients speak to: the gateway's door, the cloud's, and a destination of the sync.
  'common/viam/messages': { may: [] },
  'common/viam': { may: ['proto', 'common/viam/messages', 'common/http'], tests: ['common/tls'] },
  // In common: gateway and cloud tell them, each alone or both in one process.
  'common/alerts': {
    may: ['common/clock', 'common/errors', 'common/storage', 'common/text-file'],
    tests: ['common/tls', 'test'],
  },
  'common/program': {
    may: [
      'proto',
      'common/access',
      'common/errors',
      'common/lifecycle',
      'common/running',
      'common/text-file',
      'common/tls',
    ],
  },
  // The main part.
  'gateway/outbox': { may: ['modules/block', 'common'], tests: ['test'] },
  'gateway/link': { may: ['proto', 'modules/block', 'modules/config', 'common', 'gateway/outbox'] },
  // The platform gets the same messages from here as from a part.
  'gateway/sync': { may: ['modules/block', 'modules/config', 'modules/message', 'common'] },
  'gateway/disk-guard.ts': { may: ['common'] },
  'gateway/data-manager': {
    may: [
      'modules/block',
      'modules/config',
      'common',
      'gateway/outbox',
      'gateway/sync',
      'gateway/disk-guard.ts',
    ],
    tests: ['gateway', 'test'],
  },
  'gateway/page-api': {
    // What a stream is called in the cloud, which is asked for its history; the order of a part's figures.
    may: [
      'proto',
      'modules/block',
      'modules/config',
      'modules/message',
      'common',
      'gateway/outbox',
      'gateway/link',
      'gateway/sync',
    ],
  },
  // The same table of capture methods as the device's; the link's calls without the link.
  'gateway/resources': { may: ['proto', 'modules/config', 'common'] },
  // The rules that a part has too; the schemas of drivers.
  'gateway/machine': { may: ['modules/config', 'common/errors', 'gateway/resources'] },
  // The device's grid and phases; what it captures goes into the outbox.
  'gateway/capture': {
    may: [
      'modules/block',
      'modules/config',
      'modules/capture',
      'common',
      'gateway/outbox',
      'gateway/resources',
      'proto',
    ],
  },
  'gateway/viam': {
    may: ['proto', 'modules/config', 'common', 'gateway/resources'],
  },
  gateway: { may: ['proto', 'modules/block', 'modules/config', 'common', 'gateway'] },
  // The IoT platform.
  'cloud/message': { may: ['modules/block', 'modules/message', 'common/errors'] },
  'cloud/inbox': { may: ['modules/block', 'common', 'cloud/message'], tests: ['test'] },
  'cloud/stages': { may: ['common', 'cloud/inbox'], tests: ['test'] },
  'cloud/stores': {
    may: ['modules/block', 'modules/message', 'common', 'cloud/inbox', 'cloud/message', 'cloud/stages'],
    tests: ['cloud', 'test'],
  },
  'cloud/query': {
    // The table of capture methods says what a reading's payload is.
    may: ['modules/block', 'modules/config', 'common', 'cloud/message', 'cloud/stores'],
    tests: ['cloud/inbox', 'test'],
  },
  // Between stores; a door shows them.
  'cloud/jobs': {
    may: ['modules/block', 'modules/message', 'common', 'cloud/message', 'cloud/stores'],
    tests: ['cloud/inbox', 'test'],
  },
  'cloud/doors': {
    may: [
      'modules/block',
      'modules/message',
      'common',
      'cloud/inbox',
      'cloud/jobs',
      'cloud/message',
      'cloud/query',
      'cloud/stages',
      'cloud/stores',
    ],
    tests: ['cloud', 'test'],
  },
  // Its schema alone; `sluice check` reads it too.
  'cloud/configuration.ts': {
    may: ['common/errors', 'common/text-file', 'cloud/doors', 'cloud/jobs', 'cloud/stores'],
  },
  // What machines and clients of Viam call.
  'cloud/viam': {
    may: ['modules/message', 'common', 'cloud/message', 'cloud/stores'],
    tests: ['cloud', 'gateway', 'test'],
  },
  // Who calls is known by the door; what is asked for is a question as any other.
  'cloud/viam/data': {
    may: ['modules/config', 'common', 'cloud/query', 'cloud/stores', 'cloud/viam'],
    tests: ['cloud/inbox', 'test'],
  },
  cloud: { may: ['proto', 'modules/block', 'common', 'cloud'], tests: ['modules', 'test'] },
  // The page: of the gateway the shape of what it says, and what a reader does with it. It decodes blocks itself.
  'dashboard/build.ts': { may: [] },
  dashboard: { may: ['modules/block', 'gateway/page-api'] },
  // Figures that `plan` shows.
  'bench/figure.ts': { may: [] },
  'bench/kept.ts': { may: ['bench/figure.ts'] },
  // Recordings are read as the simulator reads them.
  'cli/plan': { may: ['modules', 'host-sim', 'common/text-file'], tests: ['test'] },
  // Where drivers find the SDK's modules in Node: vitest's too.
  'cli/check/chip/modules.ts': { may: [] },
  // Drivers run on the simulator's modules of the SDK, over the limits of its boards.
  'cli/check': {
    may: [
      'modules',
      'host-sim',
      'gateway/resources',
      'gateway/machine',
      'cloud/configuration.ts',
      'bench/kept.ts',
      'cli/plan',
      'cli/check/chip/modules.ts',
      // What was probably meant is told in one way.
      'common/names',
      'common/text-file',
    ],
  },
  // What programs answer, and what they note of themselves.
  'cli/operate': { may: ['common', 'gateway/page-api'], tests: ['test'] },
  // Asks a cloud over HTTP, one that is named or that runs here. Its tests ask a real one.
  'cli/data-out': {
    may: ['common/running', 'common/text-file', 'cli/operate'],
    tests: ['common/access', 'cloud', 'test'],
  },
  // Where programs are put together.
  'cli/compose': {
    may: [
      'proto',
      'modules/config',
      // Signals stand on the pins that a chip has.
      'modules/resources/chips.ts',
      'common',
      'gateway',
      'cloud',
      'dashboard',
      'host-sim',
    ],
    tests: ['modules', 'test'],
  },
  cli: {
    may: [
      'modules',
      'common/access',
      'common/errors',
      'common/running',
      'common/text-file',
      'host-sim',
      'bench/kept.ts',
      'cli',
    ],
    tests: ['test'],
  },
  // What looks at everything.
  'vitest.config.ts': { may: ['cli/check/chip/modules.ts'] },
  test: {
    may: [
      'proto',
      'flash-layout',
      'modules',
      'host-sim',
      'common',
      'gateway',
      'cloud',
      'dashboard',
      'cli',
      'vitest.config.ts',
    ],
  },
  bench: { may: ['bench', 'proto', 'modules', 'host-sim', 'common', 'gateway', 'cloud', 'test', 'cli'] },
  // What it generates: references, and the gateway's package with its page.
  tools: {
    may: [
      'host-sim',
      'common/errors',
      'cli/check',
      'gateway/resources',
      'gateway/machine',
      'dashboard/build.ts',
    ],
    tests: ['proto', 'modules'],
  },
};
