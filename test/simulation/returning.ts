/** Parts that all dial in the same moment, as after a power cut or a restart of the gateway, over real sockets and TLS. */
import { connectPart, type ReferenceConnection } from '../../gateway/link/reference-connection';

export interface Returning {
  parts: number;
  port: number;
  authority: string;
  secret: string;
  /** Each part's backlog: blocks of its stream 0, boot 1-7. */
  blocks: Uint8Array[];
}

export interface Returned {
  /** ms from the moment until the session of each part was open, and until its first block was acknowledged, ascending. */
  opened: number[];
  first: number[];
  /** Until all of it was. */
  all: number[];
  /** Connections that were turned away. */
  refused: number;
}

/** ms between two attempts of a part that is turned away, as firmware has it: a second, with jitter. */
const pause = () => 500 + Math.random() * 500;
/** Blocks on their way. */
const window = 60;

export async function returnAtOnce({ parts, blocks, ...gateway }: Returning): Promise<Returned> {
  const returned: Returned = { opened: [], first: [], all: [], refused: 0 };
  const connections: ReferenceConnection[] = [];
  const start = performance.now();
  const since = () => performance.now() - start;
  const come = async (name: string) => {
    const { part, ...connection } = await dial(name);
    connections.push({ part, ...connection });
    returned.opened.push(since());
    part.declare(0);
    const done = () => part.acknowledged.get(0) ?? 0;
    for (let next = 0; next < blocks.length; ) {
      const upTo = Math.min(blocks.length, done() + window);
      while (next < upTo) part.blocks(blocks[next++]!);
      const before = done();
      await part.until(() => done() > before || done() === blocks.length);
      if (before === 0) returned.first.push(since());
    }
    await part.until(() => done() === blocks.length);
    returned.all.push(since());
  };
  const dial = async (name: string): Promise<ReferenceConnection> => {
    for (;;) {
      try {
        const connection = await connectPart({ part: name, boot: { counter: 1, random: 7 }, ...gateway });
        const open = connection.part.until(() => connection.part.open);
        await Promise.race([open, connection.closed]);
        if (connection.part.open) return connection;
      } catch {
        // 503: too many at once from one address. It dials again.
      }
      returned.refused++;
      await new Promise((resolve) => setTimeout(resolve, pause()));
    }
  };
  await Promise.all(Array.from({ length: parts }, (_, index) => come(`part-${index}`)));
  for (const connection of connections) connection.close();
  for (const times of [returned.opened, returned.first, returned.all]) times.sort((a, b) => a - b);
  return returned;
}
