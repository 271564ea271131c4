/** What a cloud is told when it starts. */
import type { Access } from '@sluice/common/access';
import type { Alerts } from '@sluice/common/alerts';
import type { Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';
import type { BrokerOptions } from './doors/broker';
import type { ObjectsOptions } from './jobs/platform-jobs';
import type { FunctionsOptions } from './stores/functions/functions';
import type { InfluxOptions } from './stores/influxdb/influxdb';
import type { MongoOptions } from './stores/mongodb/mongodb';

export interface CloudOptions {
  /** Absolute. Holds `data/` (raw files), `objects/`, `inbox/` and `state/`. */
  directory: string;
  /** 0 takes any free port. */
  httpPort: number;
  mqttPort: number;
  /** Viam's door; left out: there is none. */
  viam?: ViamOptions;
  log: Logger;
  access?: Access;
  /** IANA name of the zone of calendar days. Default UTC. */
  timeZone?: string;
  /** Projects whose blocks become JSON lines in the raw files. */
  rawAsJson?: readonly string[];
  /** Bytes of the disk that new arrivals leave to the stages. Default 256 MiB. */
  reserve?: number;
  /** Bytes that the inbox keeps for a stage; with more it is detached, or waited for (README). Default 4 GiB. */
  inboxBytes?: number;
  /** Bytes of the time series' files: above them the oldest go. Default: as many as there are. */
  seriesBytes?: number;
  /** Bytes of raw files, their copies here and objects: above them the oldest days go. Default: as many as there are. */
  dayBytes?: number;
  /** A broker whose pipeline topic is taken from, beside the door of our own. */
  broker?: BrokerOptions;
  /** An object store for what is copied every night. Default: directories of this machine. */
  objects?: ObjectsOptions;
  /** A gateway whose functions are called for what arrives. */
  functions?: Pick<FunctionsOptions, 'url' | 'authorization'>;
  /** A server that gets every message as a point, beside the time series of this cloud. */
  influxdb?: InfluxOptions;
  /** A server that gets every message as a document. */
  mongodb?: MongoOptions;
  /** Milliseconds between two messages of a device's latest values. Default: there are none. */
  liveInterval?: number;
  /** Where what somebody should look at is told. Default: nowhere. */
  alerts?: Alerts;
  storage?: Storage;
  now?: () => number;
}

export interface ViamOptions {
  /** 0 takes any free port. */
  port: number;
  /** Path of the machines that are served. */
  machines: string;
  /** Directory of the authority that certificates of machines are by. */
  authority?: string;
}
