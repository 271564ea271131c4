/**
 * Viam's `DataService`: what a cloud of Viam's is asked for data, answered of what arrived here by whatever door.
 *
 * In: calls of Viam's SDKs, and who calls. Out: readings and binaries in Viam's words (`cloud/query/captures.ts` says
 * which are ours), errors with gRPC's codes and the place. Holds: nobody is told of a project that they may not read;
 * pages, answers and exports are bounded, in rows and bytes; questions run in processes of their own.
 */
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { Principal, Right } from '@sluice/common/access';
import type { Implementation, Served } from '@sluice/common/viam';
import { type Plain, plainOf } from '@sluice/common/viam/messages';
import type { MayRead } from '../../query/asked-series';
import type { Questions } from '../../query/questions';
import type { ObjectStore } from '../../stores/objects/object-store';
import { principalOf } from '../caller';
import { Binary } from './binary';
import { BoundingBoxes } from './bounding-boxes';
import { type Deletion, deleteTabular } from './deletion';
import { toConnectError } from './errors';
import { DataService } from './messages';
import { Tabular } from './tabular';

export interface DataServiceOptions {
  questions: Questions;
  deletion: Deletion;
  objects: ObjectStore;
  /** Waits, but not for long, for what was acknowledged before. */
  caughtUp(): Promise<unknown>;
  now(): number;
  onProblem(problem: Error): void;
}

type Ask = (request: Plain, caller: Principal, mayRead: MayRead) => Promise<object>;

export function dataService(options: DataServiceOptions): Served {
  const { questions, deletion, objects, caughtUp, now, onProblem } = options;
  const tabular = new Tabular(questions, now);
  const binary = new Binary(objects);
  const boxes = new BoundingBoxes(objects);
  const failed = (error: unknown) => toConnectError(error, (fault) => onProblem(fault as Error));
  const asked = async (request: object, context: HandlerContext, right: Right) => {
    const caller = principalOf(context);
    if (!caller.has(right))
      throw new ConnectError(`'${caller.name}' may not ${right}`, Code.PermissionDenied);
    await caughtUp();
    return { plain: plainOf(request), mayRead: (appId: string) => caller.mayRead(appId), caller };
  };
  const unary = (right: Right, ask: Ask) => async (request: object, context: HandlerContext) => {
    try {
      const { plain, caller, mayRead } = await asked(request, context, right);
      return await ask(plain, caller, mayRead);
    } catch (error) {
      throw failed(error);
    }
  };
  const implementation: Implementation = {
    tabularDataByFilter: unary('read', (request, _caller, mayRead) => tabular.byFilter(request, mayRead)),
    tabularDataBySQL: unary('read', (request, _caller, mayRead) => tabular.bySql(request, mayRead)),
    tabularDataByMQL: unary('read', (request, _caller, mayRead) => tabular.byMql(request, mayRead)),
    getLatestTabularData: unary('read', (request, _caller, mayRead) => tabular.latest(request, mayRead)),
    exportTabularData: async function* (request: object, context: HandlerContext) {
      try {
        const { plain, mayRead } = await asked(request, context, 'read');
        yield* tabular.export(plain, mayRead);
      } catch (error) {
        throw failed(error);
      }
    },
    deleteTabularData: unary('operate', (request, caller) =>
      deleteTabular({ tabular, deletion, now }, request, caller),
    ),
    binaryDataByFilter: unary('read', (request, caller) => binary.byFilter(request, caller)),
    binaryDataByIDs: unary('read', (request, caller) => binary.byIds(request, caller)),
    deleteBinaryDataByFilter: unary('operate', (request, caller) => binary.deleteByFilter(request, caller)),
    deleteBinaryDataByIDs: unary('operate', (request, caller) => binary.deleteByIds(request, caller)),
    addTagsToBinaryDataByIDs: unary('write', (request, caller) => binary.addTagsByIds(request, caller)),
    addTagsToBinaryDataByFilter: unary('write', (request, caller) => binary.addTagsByFilter(request, caller)),
    removeTagsFromBinaryDataByIDs: unary('write', (request, caller) =>
      binary.removeTagsByIds(request, caller),
    ),
    removeTagsFromBinaryDataByFilter: unary('write', (request, caller) =>
      binary.removeTagsByFilter(request, caller),
    ),
    addBinaryDataToDatasetByIDs: unary('write', (request, caller) => binary.addToDataset(request, caller)),
    removeBinaryDataFromDatasetByIDs: unary('write', (request, caller) =>
      binary.removeFromDataset(request, caller),
    ),
    addBoundingBoxToImageByID: unary('write', (request, caller) => boxes.add(request, caller)),
    updateBoundingBox: unary('write', (request, caller) => boxes.update(request, caller)),
    removeBoundingBoxFromImageByID: unary('write', (request, caller) => boxes.remove(request, caller)),
    boundingBoxLabelsByFilter: unary('read', (request, caller) => binary.labels(request, caller)),
    tagsByFilter: unary('read', (request, caller) => binary.tags(request, caller)),
  };
  return { service: DataService, implementation };
}
