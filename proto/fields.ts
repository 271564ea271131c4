// Field numbers and enumerations. Generated from proto/link.proto by `npm run generate`.

export const Envelope = Object.freeze({
  blocks: 1,
  gaps: 2,
  acknowledgements: 3,
  hello: 4,
  challenge: 5,
  proof: 6,
  welcome: 7,
  begin: 8,
  resume: 9,
  streams: 10,
  configuration: 11,
  configurationResult: 12,
  clock: 13,
  clockRequest: 14,
  clockAnswer: 15,
  call: 16,
  answer: 17,
  status: 18,
  drain: 19,
  refusal: 20,
  taken: 21,
});

export const Boot = Object.freeze({
  counter: 1,
  random: 2,
});

export const Gap = Object.freeze({
  stream: 1,
  next: 2,
  boot: 3,
});

export const Acknowledgement = Object.freeze({
  stream: 1,
  next: 2,
  boot: 3,
});

export const Hello = Object.freeze({
  protocol: 1,
  part: 2,
  boot: 3,
  nonce: 4,
  receives: 5,
});

export const Challenge = Object.freeze({
  protocol: 1,
  nonce: 2,
});

export const Proof = Object.freeze({
  proof: 1,
  monotonic: 2,
});

export const Welcome = Object.freeze({
  proof: 1,
  monotonic: 2,
  wall: 3,
  window: 4,
  message: 5,
});

export const Begin = Object.freeze({
  firmware: 1,
  chip: 2,
  resetReason: 3,
  configurationRevision: 4,
  retained: 5,
  clock: 6,
  previousUptime: 7,
});

export const Resume = Object.freeze({
  positions: 1,
});

export const StreamDeclaration = Object.freeze({
  number: 1,
  boot: 2,
  owner: 3,
  resource: 4,
  method: 5,
  parameters: 6,
  tags: 7,
  retention: 8,
  range: 9,
  kind: 10,
  periodNumerator: 11,
  periodDenominator: 12,
  clock: 13,
});

export const Owner = Object.freeze({
  PART: 0,
  MAIN: 1,
});

export const Kind = Object.freeze({
  INTEGER: 0,
  BOOLEAN: 1,
  DOUBLE: 2,
  RECORD: 3,
});

export const Retention = Object.freeze({
  days: 1,
  binaryLimitGb: 2,
  tabularLimitGb: 3,
});

export const Range = Object.freeze({
  min: 1,
  max: 2,
  step: 3,
  unit: 4,
});

export const Configuration = Object.freeze({
  revision: 1,
  part: 2,
  additions: 3,
});

export const ConfigurationResult = Object.freeze({
  revision: 1,
  applied: 2,
  problems: 3,
});

export const Problem = Object.freeze({
  error: 1,
  code: 2,
  path: 3,
  message: 4,
});

export const Clock = Object.freeze({
  source: 1,
  offset: 2,
  roundTrip: 3,
});

export const Source = Object.freeze({
  UNKNOWN: 0,
  GATEWAY: 1,
  SNTP: 2,
});

export const ClockRequest = Object.freeze({
  monotonic: 1,
});

export const ClockAnswer = Object.freeze({
  monotonic: 1,
  wall: 2,
});

export const Call = Object.freeze({
  id: 1,
  resource: 2,
  method: 3,
  parameters: 4,
  deadline: 5,
});

export const Answer = Object.freeze({
  id: 1,
  code: 2,
  message: 3,
  result: 4,
  more: 5,
});

export const Status = Object.freeze({
  monotonic: 1,
  streams: 2,
  ledger: 3,
  losses: 4,
  details: 5,
  retained: 6,
});

export const StreamStatus = Object.freeze({
  stream: 1,
  captured: 2,
  acknowledged: 3,
  overwritten: 4,
  discarded: 5,
  stored: 6,
  missed: 7,
  late: 8,
  failed: 9,
  refused: 10,
});

export const Loss = Object.freeze({
  stream: 1,
  cause: 2,
  stretches: 3,
  blocks: 4,
  readings: 5,
  start: 6,
  end: 7,
});

export const Drain = Object.freeze({
  reason: 1,
  retry: 2,
});

export const Refusal = Object.freeze({
  code: 1,
  message: 2,
  retry: 3,
});
