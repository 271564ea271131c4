/**
 * What a board would say of its configuration: the device's own parser, budget, drivers, capture and flash log, run here
 * over a chip that has pins and no more.
 *
 * In: the board's own text, what a main adds for it, chip and partition. Out: findings in the files where they stand.
 * Holds: what is found here, the device would have found; what only hardware can tell is not guessed.
 */
import './chip/native';
import { Capture } from '../../modules/capture/capture';
import { memberPath } from '../../modules/config/attributes';
import { type JsonValue, machineLimits, readJson } from '../../modules/config/json';
import { budgetOf, defaultHead } from '../../modules/config/memory-budget';
import { parsePart } from '../../modules/config/part';
import type { CollectorPlan, PartPlan, ResourcePlan } from '../../modules/config/plan';
import type { Problem, Problems } from '../../modules/config/problems';
import { ResourceSet } from '../../modules/resources/resource-set';
import { FlashLog } from '../../modules/ring/flash-log';
import { sectorBytes } from '../../modules/ring/format';
import { NorFlash } from '../../modules/ring/nor-flash.node.js';
import { chipAsked } from './chip/i2c';
import { claimFor, freePins, type OtherUse } from './chip/pin-table';
import type { Findings } from './finding';
import { valueAt } from './leaf';
import { misspelt } from './misspelt';
import { twoOwners } from './owners';
import { checkRates } from './rates';
import { watchReading } from './reading';
import { cacheFits, refine } from './refine';

export interface BoardInput {
  /** The board's own configuration. */
  text: string;
  findings: Findings;
  chip: string;
  /** Bytes of the capture partition. */
  partition: number;
  /** What a main asks of it, for the findings in the main's file. */
  main?: { additions: string; findings: Findings };
}

const boot = { counter: 1, random: 1 };
const standing = { now: () => 0 };
const otherUses: Readonly<Record<OtherUse, string>> = {
  console: 'is one of the serial console and USB',
  strapping: 'says at a reset how the chip starts: what is wired to it must leave its level alone then',
};
/** Begins in a path that leads into the main's file. */
const ofMain = 'main:';

export function checkBoard({ text, findings, chip, partition, main }: BoardInput): PartPlan {
  const chipAskedBy: ResourcePlan[] = [];
  const { result, asked, remarks } = watchReading(() => {
    const plan = parsePart(text, main?.additions, undefined, budgetOf(chip));
    const shared: { pin: number; use: OtherUse; path: string }[] = [];
    freePins((pin, use, { path }) => shared.push({ pin, use, path }));
    const { resources } = plan;
    const built = new CheckedResources({ chip });
    const { problems } = built.apply(resources);
    for (const { plan: absent, fault } of built.absent ?? [])
      if (fault.message.endsWith(chipAsked)) chipAskedBy.push(absent);
    return {
      plan,
      resources,
      shared,
      problems: [
        ...withoutOversized(plan.problems, () => begin(parsePart(text, main?.additions), built, partition)),
        ...problems,
        ...begin(plan, built, partition),
      ],
    };
  });
  const { plan, resources, shared, problems } = result;
  const own = readJson(text, machineLimits).value;
  for (const problem of problems) {
    if (problem.message.endsWith(chipAsked)) continue;
    const inMain = problem.path.startsWith(ofMain);
    if (inMain && !main) continue;
    const where = { ...problem, path: inMain ? problem.path.slice(ofMain.length) : problem.path };
    const parent = parentOf(problem.path);
    const known = asked.get(parent);
    (inMain ? main!.findings : findings).add(
      refine(where, { root: inMain ? undefined : own, asked: known, plan, resources }),
    );
    if (problem.code === 'missing-attribute' && !inMain && own && known)
      for (const other of misspelt(problem, valueAt(own, parent), known)) findings.add(other);
  }
  for (const remark of remarks) {
    const inMain = remark.path.startsWith(ofMain);
    // What the main's data manager says is found when the main is read.
    if (!inMain) findings.warn(remark.code, remark.path, remark.message);
    else if (!remark.path.startsWith(`${ofMain}data_manager`))
      main?.findings.warn(remark.code, remark.path.slice(ofMain.length), remark.message);
  }
  for (const { pin, use, path } of shared) {
    const message = `GPIO ${pin} of ${chip} ${otherUses[use]}`;
    findings.add(
      refine(
        { severity: 'warning', code: `${use}-pin`, path, message },
        { root: own, plan, resources, leaf: String(pin) },
      ),
    );
  }
  for (const resource of chipAskedBy)
    warnOfUnread(resource, asked.get(`${resource.path}.attributes`), findings);
  checkRates(plan, chip, findings, main?.findings);
  if (main) twoOwners(plan, findings.file, main.findings);
  return plan;
}

/** Says for whom pins are taken. */
class CheckedResources extends ResourceSet {
  protected override build(plan: ResourcePlan, problems: Problems) {
    claimFor(plan.name, plan.path);
    return super.build(plan, problems);
  }
}

function begin(plan: PartPlan, resources: ResourceSet, partition: number): Problem[] {
  const log = new FlashLog({
    flash: new NorFlash(Math.floor(partition / sectorBytes)),
    boot,
    headBytes: plan.sync.headBytes ?? defaultHead,
  });
  const timer = { set: () => ({}) as never, schedule: () => undefined, clear: () => undefined };
  const capture = new Capture({ clock: standing, timer, boot, log, failed: () => undefined });
  return capture.apply(plan, (collector: CollectorPlan) => resources.source(collector));
}

/**
 * A cache that no partition has room for also has an index that no chip has memory for, and the budget, which is asked
 * first, knows of the index alone. What is too large is the cache.
 * @param beginAll what the flash has no room for when the memory refuses nothing
 */
function withoutOversized(problems: readonly Problem[], beginAll: () => readonly Problem[]): Problem[] {
  if (!problems.some(isOfCollectorsMemory)) return [...problems];
  const oversized = new Map(
    beginAll()
      .filter(({ message }) => cacheFits.test(message))
      .map((problem) => [`${problem.path}.method`, problem]),
  );
  return problems.map((problem) => (isOfCollectorsMemory(problem) && oversized.get(problem.path)) || problem);
}

function isOfCollectorsMemory({ code, path }: Problem): boolean {
  return code === 'no-memory' && path.endsWith('.method');
}

/** A driver that went as far as its chip has read all its attributes; what nobody asked for is unknown. */
function warnOfUnread(
  { attributes, path }: ResourcePlan,
  asked: ReadonlySet<string> | undefined,
  findings: Findings,
): void {
  const value: JsonValue | undefined = readJson(attributes, machineLimits).value;
  for (const name of value?.names() ?? []) {
    if (asked?.has(name)) continue;
    const problem = {
      severity: 'warning',
      code: 'unknown-attribute',
      path: memberPath(`${path}.attributes`, name),
      message: 'is not read by anything here',
    } as const;
    findings.add(refine(problem, { asked }));
  }
}

function parentOf(path: string): string {
  const dot = path.lastIndexOf('.');
  if (dot < 0) return path.startsWith(ofMain) ? `${ofMain}$` : '$';
  return path.slice(0, dot);
}
