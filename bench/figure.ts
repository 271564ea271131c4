/** One figure of a bench. */
export interface Figure {
  figure: string;
  value: number;
  unit: string;
  /** As people read it: `≤ 5000`; empty when there is none. */
  target: string;
  met: boolean | null;
  /** What it is to be compared with, and where that stems from. */
  reference: string;
}

/** A tool that a bench needs is not there. The message names it and its package. */
export class Missing extends Error {
  override name = 'Missing';
}

type Make = (figure: string, value: number, unit: string, target: number, reference?: string) => Figure;

export const atMost: Make = (figure, value, unit, target, reference = '') => ({
  figure,
  value,
  unit,
  target: `≤ ${target}`,
  met: value <= target,
  reference,
});

export const atLeast: Make = (figure, value, unit, target, reference = '') => ({
  figure,
  value,
  unit,
  target: `≥ ${target}`,
  met: value >= target,
  reference,
});

export const exactly: Make = (figure, value, unit, target, reference = '') => ({
  figure,
  value,
  unit,
  target: `= ${target}`,
  met: value === target,
  reference,
});

export const plain = (figure: string, value: number, unit: string, reference = ''): Figure => ({
  figure,
  value,
  unit,
  target: '',
  met: null,
  reference,
});
