/** What a configuration takes of each chip's memory, and what of it has no room there: as the device itself reckons. */
import { budgetOf } from '../../modules/config/memory-budget';
import { chipNames } from '../../modules/config/memory-costs';
import { parsePart } from '../../modules/config/part';

export interface MemoryEstimate {
  chip: string;
  /** Of what the chip gives XS, with device, link and the reading of this configuration: 0 … 1. */
  share: number;
  collectors: number;
  /** Where in the configuration resources and collectors are that have no room. */
  without: string[];
}

export function estimateMemory(text: string): MemoryEstimate[] {
  return chipNames.map((chip) => {
    const budget = budgetOf(chip);
    const { collectors, problems } = parsePart(text, undefined, undefined, budget);
    const without = problems.filter(({ code }) => code === 'no-memory').map(({ path }) => path);
    return { chip, share: budget.share, collectors: collectors.length, without };
  });
}

/** A line a chip, for people. */
export function memoryLines(estimates: readonly MemoryEstimate[]): string[] {
  const whole = estimates.map(({ chip, share }) => `${chip} ${Math.round(100 * share)} %`);
  const lacking = estimates.filter(({ without }) => without.length > 0);
  return [
    `memory           ${whole.join(', ')} (beside device and link, a change of the configuration included)`,
    ...lacking.map(
      ({ chip, collectors, without }) =>
        `warning: ${chip} has memory for ${collectors} of the collectors only; not for ${without.join(', ')}`,
    ),
  ];
}
