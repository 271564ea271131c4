/**
 * Checks configurations before anything is flashed or started: everything that device, gateway and cloud would say.
 *
 * In: files, of a main part, of boards and of a cloud, in any order. Out: findings, each in its file. A board's file belongs to the
 * remote that it is named after, as `sluice serve` has it; what lies beside the main's file under such a name is taken
 * along.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { readTextFile, TextFileError } from '@sluice/common/text-file';
import { machineLimits, readJson } from '../../modules/config/json';
import { lenientJson } from '../../modules/config/lenient';
import type { MachinePlan, RemotePlan } from '../../modules/config/machine';
import { checkBoard } from './board';
import { reasonOf } from './cannot-read';
import { useChip } from './chip/board';
import { checkCloud } from './cloud';
import { type Finding, Findings } from './finding';
import { checkMain } from './main-part';
import { isMachine, type Role, roleOf } from './roles';

export interface CheckOptions {
  /** One of `modules/resources/chips`. */
  chip: string;
  /** Bytes of the capture partition. */
  partition: number;
  /** What all the files are, when it is known. */
  role?: Role;
}

export interface Checked {
  findings: Finding[];
  /** What was looked at, the files that were found beside a main's included. */
  files: string[];
  /** In words: what could not be looked at, and who captures nothing. */
  notes: string[];
}

interface Source {
  file: string;
  text: string;
  findings: Findings;
  role: Role;
  /** Right, and without any member that would start something. */
  isOfNothing?: boolean;
}

export function checkFiles(files: readonly string[], options: CheckOptions): Checked {
  useChip(options.chip);
  const all: Findings[] = [];
  const read = (file: string, role = options.role): Source | undefined => {
    const findings = new Findings(file);
    all.push(findings);
    return readSource(file, findings, role);
  };
  const sources = [...new Set(files)].map((file) => read(file)).filter((source) => source !== undefined);
  const looked = [...files];
  const notes = sources
    .filter(({ isOfNothing }) => isOfNothing)
    .map(({ file }) => `${file}: nothing is configured: it has no components, services or remotes`);
  const look = (board: Source, main?: { additions: string; findings: Findings }) => {
    const { resources, collectors } = checkBoard({ ...board, ...options, ...(main && { main }) });
    if (resources.length > 0 && collectors.length === 0) notes.push(`${board.file}: nothing is captured`);
  };
  const mains = sources.filter(({ role }) => role === 'main');
  const boards = new Set(sources.filter(({ role }) => role === 'board'));
  for (const main of mains) {
    const plan = checkMain(main.text, main.findings);
    for (const remote of plan.remotes) {
      const board = boardOf(remote, plan, { main, mains, boards, read, looked });
      if (board) {
        boards.delete(board);
        const additions = { additions: remote.additions, findings: main.findings };
        look(board, additions);
      } else if (remote.collectors.length > 0)
        notes.push(
          `${remote.name}: its own configuration was not given, so whether it has what ${main.file} captures of it is not known`,
        );
    }
  }
  for (const { role, text, findings } of sources) if (role === 'cloud') checkCloud(text, findings);
  for (const board of boards) look(board);
  return { findings: all.flatMap(({ list }) => list), files: [...new Set(looked)], notes };
}

interface Given {
  main: Source;
  mains: readonly Source[];
  boards: ReadonlySet<Source>;
  read(file: string, role: Role): Source | undefined;
  looked: string[];
}

/** The board's own configuration: named after it, the only one there is, or beside the main's file. */
function boardOf(remote: RemotePlan, plan: MachinePlan, given: Given): Source | undefined {
  const { main, mains, boards, read, looked } = given;
  const isNamed = ({ file }: Source) => remote.partNames.includes(nameOf(file));
  const named = [...boards].find(isNamed);
  if (named) return named;
  const mistaken = mains.find((other) => other !== main && isNamed(other));
  if (mistaken) {
    mistaken.findings.error('main-as-board', '$', `is named after ${remote.name}, and is a main part's`);
    return undefined;
  }
  if (boards.size === 1 && plan.remotes.length === 1 && mains.length === 1) return [...boards][0];
  const beside = remote.partNames
    .map((name) => join(dirname(main.file), `${name}.json`))
    .find((file) => !looked.includes(file) && existsSync(file));
  if (beside === undefined) return undefined;
  looked.push(beside);
  return read(beside, 'board');
}

/** As the documents have them. */
const usualNames: Readonly<Record<string, Role>> = { main: 'main', cloud: 'cloud' };

/** @param wanted what it is given as */
function readSource(file: string, findings: Findings, wanted: Role | undefined): Source | undefined {
  const text = textOf(file, findings);
  if (text === undefined) return undefined;
  // As a main part reads it: whether a board would take it is found when it is checked as one.
  const root = readJson(lenientJson(text).text, machineLimits).value;
  const found = root?.kind === 'object' ? roleOf(root) : undefined;
  const meant = wanted ?? usualNames[nameOf(file)];
  if (meant === 'cloud' || (found === 'cloud' && wanted === undefined))
    return { file, text, findings, role: 'cloud' };
  if (found === 'board' && meant === 'main')
    findings.error('board-as-main', '$', "is a board's own configuration; a main part's has remotes");
  if (found === 'main' && meant === 'board')
    findings.error('main-as-board', '$', "is a main part's configuration; a board's own has its components");
  const isOfNothing = root?.kind === 'object' && !isMachine(root);
  return {
    file,
    text,
    findings,
    role: (found === 'cloud' ? undefined : found) ?? meant ?? 'board',
    isOfNothing,
  };
}

function textOf(file: string, findings: Findings): string | undefined {
  try {
    return readTextFile(file);
  } catch (error) {
    if (error instanceof TextFileError)
      findings.error(error.isTooLong ? 'json-too-large' : 'cannot-read', '$', error.reason);
    else findings.error('cannot-read', '$', reasonOf(error as NodeJS.ErrnoException));
    return undefined;
  }
}

function nameOf(file: string): string {
  return basename(file, extname(file));
}
