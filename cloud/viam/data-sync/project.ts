/** Which project an upload belongs to: Viam's protocol names the part alone. */
import { Code, ConnectError } from '@connectrpc/connect';
import { type CallContext, machineOf, principalOf } from '../caller';
import type { Machines } from '../machines/machines';
import { invalid } from './upload-metadata';

export interface Projects {
  machines: Machines;
}

/** Of parts that nobody has named a project of, where the sender belongs to all. */
export const commonProject = 'viam';

/**
 * A machine's is its own, and that of parts which it speaks for; else it is the only one that its sender belongs to.
 * @throws ConnectError INVALID_ARGUMENT, PERMISSION_DENIED
 */
export function projectOf(part: string, context: CallContext, { machines }: Projects): string {
  const sender = principalOf(context);
  const caller = machineOf(context);
  const machine = machines.get(part);
  if (machine !== undefined && caller !== undefined && caller !== part)
    throw denied(`${caller} does not speak for the machine ${part}`);
  const appId = machine?.project ?? machines.get(caller ?? '')?.project ?? onlyOf(sender.projects, part);
  if (!sender.mayWrite(appId)) throw denied(`${sender.name} hands over no data of ${appId}`);
  return appId;
}

function onlyOf(projects: readonly string[], part: string): string {
  if (projects.includes('*')) return commonProject;
  if (projects.length === 1) return projects[0]!;
  throw invalid(
    `part_id: ${part} is no machine of this cloud, and its sender belongs to ${projects.length} projects: add it with 'sluice cloud machine add'`,
  );
}

export function denied(reason: string): ConnectError {
  return new ConnectError(reason, Code.PermissionDenied);
}
