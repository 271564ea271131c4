/** Findings, for people and for programs. */
import type { Checked } from './check';
import type { Finding } from './finding';

export function lineOf({ file, severity, path, message, code }: Finding): string {
  return `${file}: ${severity} at ${path}: ${message} [${code}]`;
}

export function countOf(findings: readonly Finding[]): { errors: number; warnings: number } {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: findings.length - errors };
}

/** The one line in which `--json` ends. */
export function jsonOf({ findings }: Pick<Checked, 'findings'>): string {
  const problems = findings.map(({ severity, code, path, message, file }) => ({
    severity,
    code,
    path,
    message,
    file,
  }));
  return JSON.stringify({ ...countOf(findings), problems });
}

export function summaryOf({ findings, files }: Checked, chip: string): string {
  const { errors, warnings } = countOf(findings);
  const of = `${files.join(', ')} (${chip})`;
  if (findings.length === 0) return `nothing is wrong with ${of}`;
  const counts = [counted(errors, 'error'), counted(warnings, 'warning')].filter((text) => text !== '');
  return `${counts.join(' and ')} in ${of}`;
}

function counted(count: number, noun: string): string {
  if (count === 0) return '';
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
