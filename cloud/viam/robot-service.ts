/**
 * `viam.app.v1.RobotService`: what a viam-server and a micro-rdk ask of their cloud. A machine is told of itself, by its
 * own secret or by the API key of a user with its name; operators of its project may ask for any.
 */
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { messagesOf, type Served, serviceOf } from '@sluice/common/viam';
import { type AnyType, messageOf, type Plain, plainOf } from '@sluice/common/viam/messages';
import { appRobotApi } from '@viamrobotics/sdk';
import { machineOf, principalOf } from './caller';
import { denied } from './data-sync/project';
import type { MachineLog } from './machine-log';
import type { StoredMachine } from './machines/machine-file';
import type { Machines } from './machines/machines';
import { machineHost, robotConfigOf } from './machines/robot-config';

export interface RobotServiceOptions {
  machines: Machines;
  log: MachineLog;
  /** PEM, for a machine of this name. Left out: there is no authority here. */
  certificate?: ((host: string) => Promise<{ certificate: string; key: string }>) | undefined;
}

/** Milliseconds between two questions whether a machine is to restart. */
const restartCheckInterval = 5_000;

export const appRobotService = serviceOf('viam.app.v1.RobotService', appRobotApi);

export function servedAppRobot({ machines, log, certificate }: RobotServiceOptions): Served {
  const certificates = new Map<string, Promise<{ certificate: string; key: string }>>();
  const handlers: Record<
    string,
    (machine: StoredMachine, request: Plain, context: HandlerContext) => Answer
  > = {
    Config: (machine, _request, { url }) => {
      const { host, protocol } = new URL(url);
      if (machine.configuration === undefined)
        throw new ConnectError(`${machine.id} has no configuration in this cloud`, Code.NotFound);
      const { configuration } = machine;
      const { message } = robotConfigOf(
        { ...machine, configuration },
        { host, insecure: protocol === 'http:' },
      );
      return { made: { config: message } };
    },
    Certificate: async (machine) => {
      if (certificate === undefined)
        throw new ConnectError('there is no certificate authority here', Code.Unimplemented);
      const host = machineHost(machine);
      const made = certificates.get(host) ?? certificate(host);
      certificates.set(host, made);
      made.catch(() => certificates.delete(host));
      const { certificate: tls_certificate, key: tls_private_key } = await made;
      return { plain: { id: machine.id, tls_certificate, tls_private_key } };
    },
    Log: (machine, { logs }) => {
      log.take(machine.id, logs as Plain[]);
      return { plain: {} };
    },
    NeedsRestart: ({ id }) => ({
      plain: { id, must_restart: false, restart_check_interval: restartCheckInterval },
    }),
  };
  const implementation: Served['implementation'] = {};
  for (const [local, info] of Object.entries(appRobotService.methods)) {
    const handler = handlers[info.name];
    const { answer } = messagesOf(info);
    if (handler)
      implementation[local] = async (request: object, context) => {
        const plain = plainOf(request);
        const made = await handler(asked(String(plain.id), machines, context), plain, context);
        return 'made' in made ? new (answer as AnyType)(made.made) : messageOf(answer, made.plain);
      };
  }
  return { service: appRobotService, implementation };
}

type Answer = Made | Promise<Made>;
/** Members of the answer: messages already, or plain. */
type Made = { made: object } | { plain: Plain };

/** @throws ConnectError PERMISSION_DENIED also of what is not there: nobody learns which machines there are */
function asked(id: string, machines: Machines, context: HandlerContext): StoredMachine {
  const machine = machines.get(id);
  const caller = principalOf(context);
  const isItself = machineOf(context) === id;
  const operates = caller.has('operate') && machine !== undefined && caller.mayWrite(machine.project);
  const isNamesake = machine !== undefined && caller.name === id && caller.mayWrite(machine.project);
  if (machine !== undefined && (isItself || operates || isNamesake)) return machine;
  throw denied(`${caller.name} is told nothing of the machine '${id}'`);
}
