/** The engine's own costs, and the collector's: what the figures of everything else are made of. */
import { exactly, type Figure, plain } from './figure';
import { measureInstructions } from './rv32/measure';

export default async function (): Promise<Figure[]> {
  const costs = await measureInstructions({ program: 'bench/programs/engine.ts' });
  const names = {
    loop: '`while` iteration',
    property: 'property read, in a loop',
    call: 'method call, in a loop',
    typedArrayWrite: 'typed array write, in a loop',
    setFloat64: 'DataView.setFloat64, in a loop',
    object: 'object of two properties, in a loop',
  };
  return [
    ...Object.entries(names).map(([name, figure]) =>
      plain(figure, costs[name]!.instructions, 'rv32 instructions'),
    ),
    exactly('garbage of a typed array write', costs.typedArrayWrite!.garbage, 'B', 0),
    exactly('garbage of an object of two properties', costs.object!.garbage, 'B', 48, 'three slots of 16 B'),
  ];
}
