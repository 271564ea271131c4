/** Topics of the pipeline: `pipeline/app_id/dev_id`. */
import type { Topic } from '../message/message';

const prefix = 'pipeline/';

/** The identifiers in it; of a pipeline topic of another shape, what can never coincide; undefined: another topic. */
export function pipelineTopic(topic: string): Topic | undefined {
  if (!topic.startsWith(prefix)) return topic === 'pipeline' ? { appId: '', devId: '' } : undefined;
  const slash = topic.indexOf('/', prefix.length);
  if (slash < 0) return { appId: topic.slice(prefix.length), devId: '' };
  return { appId: topic.slice(prefix.length, slash), devId: topic.slice(slash + 1) };
}

/** Whether a subscription's filter may match a topic of the pipeline. */
export function mayMatchPipeline(filter: string): boolean {
  const [first = ''] = filter.split('/', 1);
  return first === 'pipeline' || first === '+' || first === '#';
}
