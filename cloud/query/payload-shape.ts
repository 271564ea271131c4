/**
 * Viam's payloads, put together by SQL: a payload is made once of leaves instead of values, and what stands around and
 * between the leaves becomes text. So the table of capture methods is the only place that says what a payload is.
 */
import type { CaptureMethod, ReadingRange } from '../../modules/config/methods';
import type { LeafPath } from '../message/leaf-paths';
import { valueKinds } from '../stores/time-series/series-table';

/** A value of a reading. */
export interface Leaf {
  series: number;
  /** Of the reading: empty where it is a single value. */
  path: LeafPath;
  /** `valueKinds` */
  kinds: number;
}

/** Stands where a value will. */
class Slot {
  constructor(readonly leaf: Leaf) {}
}

/** A piece of JSON: its members, or a value, stand between `open` and `close`. */
export interface PayloadNode {
  node: number;
  parent: number | null;
  depth: number;
  capture: number;
  /** Its key with a colon, where it stands in an object. */
  label: string;
  open: string;
  close: string;
  /** Of a value. */
  series: number | null;
}

interface Tree {
  label: string;
  open: string;
  close: string;
  leaf?: Leaf;
  children: Tree[];
}

/** @param row undefined: the table has no such method; `whole`: the reading is a payload */
export function payloadOf(
  row: CaptureMethod | 'whole' | undefined,
  leaves: readonly Leaf[],
  range: ReadingRange | undefined,
): object {
  const [single] = leaves;
  const isSingle = leaves.length === 1 && single!.path.length === 0;
  const reading = isSingle ? new Slot(single!) : nested(leaves);
  if (row === 'whole') return isSingle ? { value: reading } : reading;
  if (row === undefined || (row.kind === 'record') === isSingle)
    return isSingle ? { value: reading } : reading;
  // A level is told from what it is, not by where it stands.
  if (row.kind === 'boolean') return exchanged(row.payload(true), true, reading);
  return row.payload(reading, range);
}

function nested(leaves: readonly Leaf[]): object {
  const root: Record<string, unknown> = {};
  for (const leaf of leaves) {
    const path = leaf.path.length === 0 ? ['value'] : leaf.path;
    let at = root as Record<string | number, unknown>;
    for (const [index, key] of path.entries()) {
      if (index === path.length - 1) at[key] ??= new Slot(leaf);
      else {
        at[key] ??= typeof path[index + 1] === 'number' ? [] : {};
        // What was a value once and is a record now: the value stays.
        if (at[key] instanceof Slot) break;
        at = at[key] as Record<string | number, unknown>;
      }
    }
  }
  return root;
}

function exchanged(payload: Record<string, unknown>, value: unknown, by: unknown): object {
  return Object.fromEntries(Object.entries(payload).map(([key, each]) => [key, each === value ? by : each]));
}

/** The pieces of all payloads; a payload's root has depth 0. */
export function nodesOf(payloads: readonly object[]): PayloadNode[] {
  const nodes: PayloadNode[] = [];
  const add = ({ children, leaf, ...text }: Tree, capture: number, parent: number | null, depth: number) => {
    const node = nodes.length;
    nodes.push({ node, parent, depth, capture, ...text, series: leaf?.series ?? null });
    for (const child of children) add(child, capture, node, depth + 1);
  };
  payloads.forEach((payload, capture) => {
    const tree = treeOf(payload, '');
    if (tree !== undefined) add(tree, capture, null, 0);
  });
  return nodes;
}

/** undefined: nothing in it is a value of a reading. */
function treeOf(value: unknown, label: string): Tree | undefined {
  if (value instanceof Slot) return { label, open: '', close: '', leaf: value.leaf, children: [] };
  if (typeof value !== 'object' || value === null) return undefined;
  const isList = Array.isArray(value);
  const constants: string[] = [];
  const children: Tree[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const named = isList ? '' : `${JSON.stringify(key)}:`;
    const child = treeOf(inner, named);
    if (child !== undefined) children.push(child);
    else if (inner !== undefined && inner !== null && !Number.isNaN(inner))
      constants.push(named + JSON.stringify(inner));
  }
  if (children.length === 0) return undefined;
  const open = (isList ? '[' : '{') + constants.map((text) => `${text},`).join('');
  const close = isList ? ']' : '}';
  const [only] = children;
  // What is around a single value, or a single record, is text.
  if (children.length === 1)
    return { ...only!, label, open: open + only!.label + only!.open, close: only!.close + close };
  return { label, open, close, children };
}

/** DuckDB's type of a value in a payload, as `from_json` takes it. */
export type PayloadType = string | [PayloadType] | { [key: string]: PayloadType };

/** Of all payloads together. What is of several types is JSON. */
export function typeOfPayloads(payloads: readonly object[]): PayloadType {
  return payloads.map(typeOf).reduce(joined, {} as PayloadType);
}

function typeOf(value: unknown): PayloadType {
  if (value instanceof Slot) return typeOfKinds(value.leaf.kinds);
  if (Array.isArray(value)) return [value.map(typeOf).reduce(joined)];
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).reduce<PayloadType>((type, [key, inner]) => {
      const member = inner === undefined ? {} : { [key]: typeOf(inner) };
      return joined(type, member);
    }, {});
  if (typeof value === 'number') return 'DOUBLE';
  return typeof value === 'boolean' ? 'BOOLEAN' : 'VARCHAR';
}

function typeOfKinds(kinds: number): string {
  if (kinds === valueKinds.number) return 'DOUBLE';
  if (kinds === valueKinds.boolean) return 'BOOLEAN';
  return kinds === valueKinds.text ? 'VARCHAR' : 'JSON';
}

function joined(a: PayloadType, b: PayloadType): PayloadType {
  if (typeof a === 'string' || typeof b === 'string') return a === b ? a : 'JSON';
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) ? [joined(a[0], b[0])] : 'JSON';
  const both = { ...a };
  for (const [key, type] of Object.entries(b)) both[key] = key in both ? joined(both[key]!, type) : type;
  return both;
}

/** The text that `from_json` takes. Names that differ by their case alone are one to DuckDB. */
export function structureOf(type: PayloadType): string {
  return JSON.stringify(distinct(type));
}

function distinct(type: PayloadType): PayloadType {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return [distinct(type[0])];
  const names = Object.keys(type);
  if (names.length === 0 || new Set(names.map((name) => name.toLowerCase())).size < names.length)
    return 'JSON';
  return Object.fromEntries(Object.entries(type).map(([key, inner]) => [key, distinct(inner)]));
}
