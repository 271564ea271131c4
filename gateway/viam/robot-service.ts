/** `viam.robot.v1.RobotService`: what a client asks of the machine itself. */
import { Code, ConnectError } from '@connectrpc/connect';
import type { WallMilliseconds } from '@sluice/common/clock';
import { type Implementation, localName, messagesOf, type Served } from '@sluice/common/viam';
import { messageOf, type Plain } from '@sluice/common/viam/messages';
import { methods } from '../resources/methods';
import { apiOf } from '../resources/resource';
import { robotService } from './service-types';

export interface MachineState {
  /** Of the configuration that runs. */
  revision: string;
  /** Wall milliseconds since when it does. */
  since: WallMilliseconds;
}

export interface Machine {
  /** Full names, as `ResourceNames` lists them: `rdk:component:board/esp-home:my-esp32`. */
  names(): readonly string[];
  state(): MachineState;
  version: string;
}

/** Of Viam's API, as `viam-server` tells it. */
const apiVersion = 'v0.1.500';
/** `GetMachineStatusResponse.State` */
const running = 2;
/** `ResourceStatus.State` */
const ready = 3;

/** Which service each API is called by. */
const serviceOfApi = new Map(methods.map(({ api, viam }) => [api, viam.service]));

/** What is left out is UNIMPLEMENTED. */
export function servedRobot(machine: Machine): Served {
  const handlers: Record<string, () => Plain> = {
    ResourceNames: () => ({ resources: machine.names().map(protoName) }),
    ResourceRPCSubtypes: () => ({ resource_rpc_subtypes: subtypesOf(machine) }),
    GetOperations: () => ({ operations: [] }),
    GetSessions: () => ({ sessions: [] }),
    GetMachineStatus: () => statusOf(machine),
    GetVersion: () => ({ platform: 'sluice', version: machine.version, api_version: apiVersion }),
  };
  const implementation: Implementation = {};
  for (const info of Object.values(robotService.methods)) {
    const handler = handlers[info.name];
    const { answer } = messagesOf(info);
    if (handler) implementation[localName(info.name)] = () => messageOf(answer, handler());
  }
  return { service: robotService, implementation };
}

/** The APIs of the resources that there are: whose descriptors a viam-server asks for by reflection. */
function subtypesOf(machine: Machine): Plain[] {
  const apis = [...new Set(machine.names().map(apiOf))];
  return apis.map((api) => {
    const [namespace, type, subtype] = api.split(':');
    return { subtype: { namespace, type, subtype }, proto_service: serviceOfApi.get(api) };
  });
}

function statusOf(machine: Machine): Plain {
  const { revision, since } = machine.state();
  return {
    state: running,
    config: { revision, last_updated: since },
    resources: machine.names().map((name) => ({
      name: protoName(name),
      state: ready,
      last_updated: since,
      revision,
    })),
  };
}

/** `viam.common.v1.ResourceName` of a full name. @throws ConnectError when it is none */
export function protoName(full: string): Plain {
  const [, namespace, type, subtype, name] = /^([^:/]+):([^:/]+):([^:/]+)\/(.+)$/.exec(full) ?? [];
  if (name === undefined) throw new ConnectError(`${full} is no resource name`, Code.Internal);
  const colon = name.lastIndexOf(':');
  const remotes = colon < 0 ? [] : name.slice(0, colon).split(':');
  return { namespace, type, subtype, name, remote_path: remotes, local_name: name.slice(colon + 1) };
}
