import { z } from 'zod';
import { data, defineApi, method, nothing } from './api';

export const dataManager = defineApi(
  'rdk:service:data_manager',
  'viam.service.datamanager.v1.DataManagerService',
  {
    Sync: method({ request: nothing, answer: nothing }),
    GetStatus: method({ request: nothing, answer: z.object({ result: data }) }),
  },
);
