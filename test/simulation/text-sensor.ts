/**
 * A sensor whose readings are texts, others each time: as long and as many as its attributes say. With `names` they
 * are in a new record each time, which the driver does not keep, under the next of so many names that no sensor of another `seed` has.
 */
import type { DriverContext } from 'modules/resources/driver';
import { type Resource, type Source, sourceOf } from 'modules/resources/source';

export default function build({ attributes }: DriverContext): Resource {
  return new TextSensor(
    attributes.number('texts') ?? 1,
    attributes.number('characters') ?? 61,
    attributes.number('names'),
    attributes.number('seed') ?? 0,
  );
}

class TextSensor implements Resource {
  private readonly record: Record<string, string> = {};
  private reads = 0;

  constructor(
    private readonly texts: number,
    private readonly characters: number,
    private readonly names: number | undefined,
    private readonly seed: number,
  ) {}

  source(): Source {
    return sourceOf('record', this as never);
  }

  read(): object {
    const { texts, names, seed } = this;
    const record = names === undefined ? this.record : {};
    for (let index = 0; index < texts; index++) {
      const name = names === undefined ? `t${index}` : `s${seed}-${this.reads % names}`;
      record[name] = String(this.reads++).padEnd(this.characters, 'x');
    }
    return record;
  }

  close(): void {}
}
