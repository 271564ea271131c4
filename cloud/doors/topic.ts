/** Topics of the pipeline: `pipeline/app_id/dev_id`. */
import type { Topic } from '../message/message';

/** The identifiers in it; of a pipeline topic of another shape, what can never coincide; undefined: another topic. */
export function pipelineTopic(topic: string): Topic | undefined {
  const [pipeline, appId = '', devId = '', ...more] = topic.split('/');
  if (pipeline !== 'pipeline') return undefined;
  return more.length > 0 ? { appId, devId: [devId, ...more].join('/') } : { appId, devId };
}
