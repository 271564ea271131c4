/**
 * A sensor whose record has as many numbers as its attribute `numbers` says, others each time: in a list (`shape`), one
 * beside the other (`flat`), or `nested`; and texts beside them, `characters` long.
 */
import type { DriverContext } from 'modules/resources/driver';
import { type Resource, type Source, sourceOf } from 'modules/resources/source';

export default function build({ attributes }: DriverContext): Resource {
  return new RecordSensor(
    attributes.string('shape') ?? 'list',
    attributes.number('numbers') ?? 8,
    attributes.number('characters') ?? 0,
  );
}

class RecordSensor implements Resource {
  private readonly record: Record<string, unknown> = {};
  /** Lists and objects that the numbers are in. */
  private readonly groups: Record<string, unknown>[] = [];
  private reads = 0;

  constructor(
    shape: string,
    numbers: number,
    private readonly characters: number,
  ) {
    const { record, groups } = this;
    if (shape === 'nested') {
      for (let index = 0; index < numbers; index += 4) {
        const inner = { a: 0, b: 0 };
        const group = { c: 0, d: 0, inner };
        record[`g${index / 4}`] = group;
        groups.push(group as Record<string, unknown>, inner);
      }
      return;
    }
    const group = shape === 'list' ? [] : shape === 'deep' ? {} : record;
    if (shape === 'list') record.list = group;
    if (shape === 'deep') record.in = { side: { of: group } };
    for (let index = 0; index < numbers; index++)
      (group as Record<string, unknown>)[shape === 'list' ? index : `n${index}`] = 0;
    groups.push(group as Record<string, unknown>);
  }

  source(): Source {
    return sourceOf('record', this as never);
  }

  read(): object {
    const { record, groups, characters, reads } = this;
    let value = reads;
    for (const group of groups)
      for (const name in group)
        if (typeof group[name] === 'number' && name !== 'reads') group[name] = value++ / 4;
    record.reads = reads;
    if (characters > 0) record.text = 'é"😀'.repeat(characters / 4) + reads;
    this.reads++;
    return record;
  }

  close(): void {}
}
