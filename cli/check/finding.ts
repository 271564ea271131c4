import type { CheckCode } from './codes';

/** One thing that is wrong, or may be, in one of the files that are checked. */
export interface Finding {
  severity: 'error' | 'warning';
  code: CheckCode;
  /** Where in the file: `components[0].attributes.pins[1]`, `$` for the whole. */
  path: string;
  message: string;
  /** As it was given. */
  file: string;
}

/** Of one file, in the order in which they are met; what two readers say of the same place is said once. */
export class Findings {
  readonly list: Finding[] = [];

  constructor(readonly file: string) {}

  error(code: CheckCode, path: string, message: string): void {
    this.add({ severity: 'error', code, path, message });
  }

  warn(code: CheckCode, path: string, message: string): void {
    this.add({ severity: 'warning', code, path, message });
  }

  add({ severity, code, path, message }: Omit<Finding, 'file'>): void {
    // Of a text as a whole there may be more than one thing to say.
    const known = this.list.some(
      (one) => one.code === code && one.path === path && (path !== '$' || one.message === message),
    );
    if (!known) this.list.push({ severity, code, path, message, file: this.file });
  }
}
