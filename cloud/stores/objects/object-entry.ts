/** What is known of an object: what was said of it when it came, and where it lies. */
import type { Annotations } from './annotations';

/** As it stands beside the object, in JSON. */
export interface ObjectDescription {
  name: string;
  app_id: string;
  dev_id: string;
  /** The main part that handed it in. */
  main: string;
  type: 'binary' | 'file';
  /** ISO 8601, of its capture and of its arrival. */
  captured: string;
  arrived: string;
  /** `rdk:component:camera/cam`; empty of a file. */
  resource: string;
  method: string;
  parameters: Record<string, unknown>;
  /** As its sender gave it, with its dot, or empty. */
  extension: string;
  tags: string[];
  datasets?: string[] | undefined;
  fileName?: string | undefined;
  mimeType?: string | undefined;
  annotations?: Annotations | undefined;
  /** Wall milliseconds. */
  requested?: number | undefined;
  received?: number | undefined;
  bytes: number;
  /** Of its contents, in hex. */
  sha256: string;
  [more: string]: unknown;
}

export interface ObjectKey {
  appId: string;
  devId: string;
  /** Letters, digits and dashes. */
  name: string;
}

/** A day of a device: a directory. */
export interface ObjectDay {
  appId: string;
  devId: string;
  /** `2026-11-21`, in UTC. */
  day: string;
}

export interface ObjectEntry extends ObjectKey {
  day: string;
  /** Wall milliseconds of its capture. */
  captured: number;
  description: ObjectDescription;
}

export function entryOf(description: ObjectDescription): ObjectEntry {
  const { app_id: appId, dev_id: devId, name, captured } = description;
  return { appId, devId, name, day: captured.slice(0, 10), captured: Date.parse(captured), description };
}

const usableExtension = /^\.[A-Za-z0-9.]{1,16}$/;

/** Of the object's file; empty where the sender's would be no name, or is the description's. */
export function fileExtension({ extension }: Pick<ObjectDescription, 'extension'>): string {
  return usableExtension.test(extension) && extension !== '.json' ? extension : '';
}
