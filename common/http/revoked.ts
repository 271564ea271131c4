/** Answers that go on for hours end when whoever reads them may no longer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from '../access';

/** ms between two looks. */
const period = 1_000;

export function endWhenRevoked(
  { users }: Access,
  { principal }: FastifyRequest,
  { raw }: FastifyReply,
): void {
  if (users === undefined) return;
  const timer = setInterval(() => {
    if (users.configured && users.current(principal) === undefined) raw.destroy();
  }, period);
  timer.unref();
  raw.on('close', () => clearInterval(timer));
}
