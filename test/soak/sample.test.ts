import { expect, test } from 'vitest';
import { listTasks } from './task';

for (const { name, task } of (await listTasks()).filter(({ task }) => task.sample > 0))
  test(`${name}: ${task.description} (${task.sample} of ${task.full} ${task.unit})`, async () => {
    expect(await task.run(task.sample, 1, () => undefined)).not.toBe('');
  }, 300_000);
