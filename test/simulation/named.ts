/** What does not fit, and who has the name of another, is named to those whom it concerns; nobody else is. */
import { bootText } from '../../modules/block/boot-text';
import { budgetOf } from '../../modules/config/memory-budget';
import { parsePart } from '../../modules/config/part';
import { hindrances } from './absences';
import type { ConfigurationAnswer } from './link-record';
import { longestTwin } from './scenario';
import type { Configured, Outcome } from './world';

/** ms in which an answer is there. */
const longestAnswer = 5_000;
/** ms of two devices side by side in which both ends notice. */
const longestNotice = 20_000;
/** What may be wrong with a configuration of which nothing is applied: here all are good, and some too large. */
const reasons = ['no-memory', 'json-too-large', 'too-large'];
/** ms for which it is told at least, less the end of a run. */
const longestTold = 3_300_000;
const rivalled = 'duplicate-part at $';

/** What was captured of a boot: `part boot resource`. */
type Captured = ReadonlySet<string>;

export function capturedKey(part: string, boot: string, resource: string): string {
  return `${part} ${boot} ${resource}`;
}

export function checkConfigurations(outcome: Outcome, captured: Captured, violations: string[]): void {
  const { configured, link } = outcome;
  for (const asked of configured) {
    const { part, configuration } = asked;
    const answers = link.answers.filter(
      (answer) => answer.part === part && answer.revision === configuration.revision,
    );
    if (answers.length === 0 && isHandedOver(outcome, asked))
      violations.push(`${part} says nothing of configuration ${configuration.revision}`);
    for (const answer of answers) {
      checkAnswer(outcome, asked, answer, violations);
      if (answer.applied) checkCaptured(outcome, asked, answer, captured, violations);
    }
  }
}

/** Somebody was there to take it, for long enough, and nothing newer came in between. */
function isHandedOver(outcome: Outcome, { part, at }: Configured): boolean {
  return !isReplaced(outcome, part, at, at + longestAnswer) && isThere(outcome, part, at, at + longestAnswer);
}

function isReplaced({ configured }: Outcome, part: string, from: number, to: number): boolean {
  return configured.some((other) => other.part === part && other.at > from && other.at < to);
}

/** In one session, with nothing in its way. @param boot left out: any */
function isThere(outcome: Outcome, part: string, from: number, to: number, boot?: string): boolean {
  const { link, simulated, scenario } = outcome;
  if (to > scenario.duration || hindrances(outcome, part).some(([a, b]) => a < to && b > from)) return false;
  return link.stays.some(
    (stay) =>
      stay.part === part &&
      (boot === undefined || stay.boot === boot) &&
      stay.at <= from &&
      (stay.until ?? simulated) >= to,
  );
}

function checkAnswer(
  { scenario }: Outcome,
  { part, configuration }: Configured,
  { applied, problems }: ConfigurationAnswer,
  violations: string[],
): void {
  const { revision } = configuration;
  const errors = problems.filter(({ error }) => error);
  if (!applied) {
    const [first] = errors;
    if (first === undefined || first.path !== '$' || !reasons.includes(first.code ?? '') || !first.message)
      violations.push(`${part} does not apply ${revision}, and names ${JSON.stringify(errors)}`);
    return;
  }
  // The same on a device and here, whatever ran before.
  const { board } = scenario.parts.find(({ name }) => name === part)!;
  const plan = parsePart(configuration.part, configuration.additions, undefined, budgetOf(board));
  const left = plan.problems.filter(({ code }) => code === 'no-memory').map(({ path }) => path);
  const named = problems.filter(({ code }) => code === 'no-memory').map(({ path }) => path);
  if (named.join() !== left.join())
    violations.push(`${part} names of ${revision} as left out ${named.join(' ')}, and not ${left.join(' ')}`);
}

/** Each sensor that was asked for is left out by name, as far as there is room for names, or there is something of it. */
function checkCaptured(
  outcome: Outcome,
  { part, configuration, sensors }: Configured,
  { boot, at, revision, problems }: ConfigurationAnswer,
  captured: Captured,
  violations: string[],
): void {
  const { intervalMinutes } = outcome.scenario.parts.find(({ name }) => name === part)!;
  const until = at + intervalMinutes * 60_000 + longestAnswer;
  // Without flash the share of each may hold no block at all: then what is said of all of them says it.
  const areNamed = !problems.some(({ code }) => code === 'too-many' || code === 'flash-format');
  if (!areNamed || isReplaced(outcome, part, at, until)) return;
  if (!isThere(outcome, part, at, until, boot)) return;
  const { components } = JSON.parse(configuration.part) as { components: { name: string }[] };
  const named = problems.map(
    ({ path }) => components[Number(/^components\[(\d+)\]/.exec(path ?? '')?.[1])]?.name,
  );
  for (let index = 0; index < sensors; index++) {
    const name = `more-${index}`;
    if (!named.includes(name) && !captured.has(capturedKey(part, boot, `rdk:component:sensor/${name}`)))
      violations.push(`${part} neither captures ${name} of ${revision}, nor says that it is left out`);
  }
}

/** Two devices of one name are told so, and shown; and nobody else. */
export function checkRivals(outcome: Outcome, violations: string[]): void {
  const { scenario, link, parts } = outcome;
  const twins = scenario.faults.filter(({ kind }) => kind === 'twin');
  for (const { part: name, at, shown } of link.rivalries) {
    if (!twins.some((twin) => scenario.parts[twin.part]!.name === name && twin.at <= at))
      violations.push(`${name} is told at ${Math.round(at)} ms of another device, and there is none`);
    if (shown === undefined)
      violations.push(`${name} is told of another device that the gateway does not show`);
  }
  for (const [name, problem] of outcome.shown)
    if (!twins.some((twin) => scenario.parts[twin.part]!.name === name))
      violations.push(`the gateway shows several devices of ${name}, and there is one: ${problem}`);
  for (const { part: index, at, duration } of twins) {
    const { name, sleeps } = scenario.parts[index]!;
    // Two that sleep may never be there at once: then both deliver, and the one that comes back shows the gateway.
    if (sleeps) continue;
    const until = at + Math.min(duration, longestTwin);
    if (until - at < longestNotice || !isMet(outcome, name, at)) continue;
    if (!link.rivalries.some((told) => told.part === name && told.at >= at && told.at <= at + longestNotice))
      violations.push(`${name} had another device beside it from ${at} ms, and nobody noticed`);
  }
  for (const { name, boots, left, status } of parts) {
    const boot = boots.at(-1);
    if (left || status === undefined || boot === undefined) continue;
    const told = link.rivalries.filter((rivalry) => rivalry.part === name && rivalry.boot === bootText(boot));
    const says = status.problems.includes(rivalled);
    if (told.length === 0 && says)
      violations.push(`${name} says that another device has its name, of which nobody told it`);
    const lately = told.some(({ at }) => at > outcome.simulated - longestTold && isMet(outcome, name, at));
    if (lately && !says) violations.push(`${name} does not say that another device has its name`);
  }
}

/** Both reach the gateway meanwhile. */
function isMet(outcome: Outcome, part: string, at: number): boolean {
  const others = hindrances(outcome, part, 'twin');
  return (
    at + longestNotice <= outcome.scenario.duration &&
    !others.some(([from, to]) => from < at + longestNotice && to > at - longestNotice) &&
    outcome.link.stays.some((stay) => stay.part === part && stay.at <= at && (stay.until ?? at + 1) > at)
  );
}
