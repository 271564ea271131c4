/** What a part proves itself by, as the gateway takes it. */
import { readMachine } from '@sluice/gateway/machine/machine';

/** @param text the main part's configuration @param path where it lies @throws a sentence when there is none */
export function partSecret(text: string, path: string, part: string): string {
  const { remotes, problems } = readMachine(text);
  const remote = remotes.find(({ name, partNames }) => name === part || partNames.includes(part));
  if (!remote) throw new Error(`${path} has no remote ${part}: ${namesOf(remotes)}`);
  if (remote.secret !== '') return remote.secret;
  const place = `${remote.path}.secret`;
  const why = problems.find((problem) => problem.path === place)?.message ?? 'is absent';
  throw new Error(`${path}: ${place}: ${why}`);
}

function namesOf(remotes: readonly { name: string }[]): string {
  return remotes.length === 0 ? 'it has none' : `there is ${remotes.map(({ name }) => name).join(', ')}`;
}
