/** A data service for tests, over a time series of its own: what Viam's clients connect to. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Principal } from '@sluice/common/access';
import { NodeStorage } from '@sluice/common/storage';
import { Gate, GrpcServer, type User } from '@sluice/common/viam';
import { Questions } from '../../query/questions';
import { ObjectIndex } from '../../stores/objects/object-index';
import { ObjectStore } from '../../stores/objects/object-store';
import { openSeries, type TestSeries, temporaryDirectory } from '../../stores/time-series/test-series';
import { dataService } from './index';
import { Removal } from './removal';

export interface TestServer {
  test: TestSeries;
  objects: ObjectStore;
  directory: string;
  /** `http://localhost:43210` */
  address: string;
  close(): Promise<void>;
}

/** @param principals by API key's id, whose key is the id with `-key` behind it */
export async function startServer(principals: Readonly<Record<string, Principal>>): Promise<TestServer> {
  const directory = await temporaryDirectory();
  const test = await openSeries(directory);
  const now = () => test.clock.now;
  const onProblem = (problem: Error) => test.problems.push(problem);
  const { series: timeSeries } = test;
  const questions = await Questions.open({
    timeSeries,
    directory: join(directory, 'questions'),
    now,
    onProblem,
    processes: 1,
  });
  const storage = new NodeStorage();
  const objects = await ObjectStore.open({
    directory: join(directory, 'objects'),
    storage,
    index: new ObjectIndex(':memory:'),
  });
  // As the cloud's door knows them: with what they may do.
  const users: (User & { principal: Principal })[] = Object.entries(principals).map(
    ([entity, principal]) => ({
      type: 'api-key',
      entity,
      payload: `${entity}-key`,
      principal,
    }),
  );
  const gate = new Gate({ users: () => users, wall: Date.now, lifetime: 60_000 });
  const service = dataService({
    questions,
    deletion: new Removal({
      timeSeries,
      storage,
      directory: join(directory, 'data'),
      now,
    }),
    objects,
    caughtUp: async () => undefined,
    now,
    onProblem,
  });
  const server = await GrpcServer.start({ host: '127.0.0.1', port: 0, gate, services: [service] });
  return {
    test,
    objects,
    directory,
    address: `http://localhost:${server.port}`,
    close: async () => {
      await server.close();
      await questions.close();
      await objects.close();
      await timeSeries.close();
      await rm(directory, { recursive: true });
    },
  };
}
