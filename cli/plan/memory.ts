/** What a configuration takes of each chip's memory, and what of it has no room there: as the device itself reckons. */
import { maximumNodes } from '../../modules/block/schema';
import { budgetOf } from '../../modules/config/memory-budget';
import { chipNames } from '../../modules/config/memory-costs';
import { parsePart } from '../../modules/config/part';

export interface MemoryEstimate {
  chip: string;
  /** Of what the chip gives XS, with device, link and the reading of this configuration: 0 … 1. */
  share: number;
  collectors: number;
  /** Values, objects and lists that a record may have; 255 at the most. */
  recordNodes: number;
  /** The same of a part that publishes straight to a broker. */
  publishedNodes: number;
  /** Where in the configuration resources and collectors are that have no room. */
  without: string[];
}

export function estimateMemory(text: string): MemoryEstimate[] {
  return chipNames.map((chip) => {
    const budget = budgetOf(chip);
    const { collectors, problems } = parsePart(text, undefined, undefined, budget);
    const without = problems.filter(({ code }) => code === 'no-memory').map(({ path }) => path);
    const recordNodes = Math.min(budget.recordNodes, maximumNodes);
    const { share } = budget;
    budget.publishes = true;
    const publishedNodes = Math.min(budget.recordNodes, maximumNodes);
    return { chip, share, collectors: collectors.length, recordNodes, publishedNodes, without };
  });
}

/** A line a chip, for people. */
export function memoryLines(estimates: readonly MemoryEstimate[]): string[] {
  const whole = estimates.map(({ chip, share }) => `${chip} ${Math.round(100 * share)} %`);
  const lacking = estimates.filter(({ without }) => without.length > 0);
  const tight = estimates.filter(({ publishedNodes }) => publishedNodes < maximumNodes);
  const records = tight
    .map(({ chip, recordNodes, publishedNodes }) =>
      publishedNodes < recordNodes
        ? `${chip} ${recordNodes} (straight to a broker ${publishedNodes})`
        : `${chip} ${recordNodes}`,
    )
    .join(', ');
  return [
    `memory           ${whole.join(', ')} (beside device and link, a change of the configuration included)`,
    ...(records === ''
      ? []
      : [`a record has up to ${records} values, objects and lists; larger ones are refused`]),
    ...lacking.map(
      ({ chip, collectors, without }) =>
        `warning: ${chip} has memory for ${collectors} of the collectors only; not for ${without.join(', ')}`,
    ),
  ];
}
