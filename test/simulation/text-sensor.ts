/** A sensor whose readings are texts, others each time: as long and as many as its attributes say. */
import type { DriverContext } from 'modules/resources/driver';
import { type Resource, type Source, sourceOf } from 'modules/resources/source';

export default function build({ attributes }: DriverContext): Resource {
  return new TextSensor(attributes.number('texts') ?? 1, attributes.number('characters') ?? 61);
}

class TextSensor implements Resource {
  private readonly record: Record<string, string> = {};
  private readonly texts: number;
  private readonly characters: number;
  private reads = 0;

  constructor(texts: number, characters: number) {
    this.texts = texts;
    this.characters = characters;
  }

  source(): Source {
    return sourceOf('record', this as never);
  }

  read(): object {
    for (let index = 0; index < this.texts; index++)
      this.record[`t${index}`] = String(this.reads++).padEnd(this.characters, 'x');
    return this.record;
  }

  close(): void {}
}
