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
  /** Connections that were turned away, and sessions that ended before everything was acknowledged. */
  refused: number;
  ended: number;
}

/** ms between two attempts of a part that is turned away, as firmware has it: a second, with jitter. */
const pause = () => 500 + Math.random() * 500;
/** Blocks on their way. */
const window = 60;

export async function returnAtOnce({ parts, blocks, ...gateway }: Returning): Promise<Returned> {
  const returned: Returned = { opened: [], first: [], all: [], refused: 0, ended: 0 };
  const connections: ReferenceConnection[] = [];
  const start = performance.now();
  const since = () => performance.now() - start;
  const come = async (name: string) => {
    for (let session = 0, acknowledged = 0; acknowledged < blocks.length; session++) {
      const connection = await dial(name);
      connections.push(connection);
      if (session === 0) returned.opened.push(since());
      else returned.ended++;
      acknowledged = await deliver(connection, blocks, () => returned.first.push(since()));
    }
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

/**
 * Sends from the first block that is not acknowledged, as long as the session lasts; resolves to how many are.
 * @param onFirst called when a first one is
 */
async function deliver(
  { part, closed }: ReferenceConnection,
  blocks: Uint8Array[],
  onFirst: () => void,
): Promise<number> {
  let isOver = false;
  const over = closed.then(() => {
    isOver = true;
  });
  const done = () => part.acknowledged.get(0) ?? 0;
  part.declare(0);
  for (let next = done(); done() < blocks.length && !isOver; ) {
    const before = done();
    while (next < Math.min(blocks.length, before + window)) part.blocks(blocks[next++]!);
    await Promise.race([part.until(() => done() > before), over]);
    if (before === 0 && done() > 0) onFirst();
  }
  return done();
}
