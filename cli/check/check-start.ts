/** What is wrong with configurations that are about to be run. */
import { checkFiles } from './check';
import type { Finding } from './finding';

/** Codes at `$`, of a file as a whole: there is nothing to run, or to reckon. */
export const unusable: readonly string[] = [
  'cannot-read',
  'json-syntax',
  'json-too-large',
  'wrong-type',
  'board-as-main',
  'main-as-board',
];

export interface StartFiles {
  config?: string | undefined;
  main?: string | undefined;
  chip: string;
}

export function checkStart({ config, main, chip }: StartFiles): { findings: Finding[]; runs: boolean } {
  const partition = 1 << 20;
  const roles =
    config === undefined || main === undefined
      ? []
      : [config, main].flatMap(
          (file) =>
            checkFiles([file], { chip, partition, role: file === config ? 'board' : 'main' }).findings,
        );
  const files = [main, config].filter((file) => file !== undefined);
  const role = config === undefined ? 'main' : main === undefined ? 'board' : undefined;
  const { findings } = checkFiles(files, { chip, partition, ...(role && { role }) });
  const wrongRoles = roles.filter(({ code, path }) => path === '$' && unusable.includes(code));
  const all = [
    ...findings,
    ...wrongRoles.filter(({ code, file }) => !findings.some((one) => one.code === code && one.file === file)),
    // A secret is drawn for the simulated board where there is none.
  ].filter(({ code }) => code !== 'placeholder-secret');
  return { findings: all, runs: !all.some(({ code, path }) => path === '$' && unusable.includes(code)) };
}
