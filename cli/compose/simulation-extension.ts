/** The page's buttons for parts that this process simulates, as an extension of the gateway's API. */
import {
  type SimulationAction,
  type SimulationView,
  simulationActions,
  simulationPath,
} from '@sluice/dashboard/simulation';
import type { PageExtension } from '@sluice/gateway/page-api/extension';

export interface Simulation {
  state(): SimulationView;
  act(action: SimulationAction): Promise<void>;
}

/** @param parts by their names */
export function simulationExtension(parts: ReadonlyMap<string, Simulation>): PageExtension {
  return {
    shown(part) {
      const simulation = parts.get(part)?.state();
      return simulation && { simulation };
    },
    routes(server) {
      server.post<{ Params: { part: string; action: string } }>(
        simulationPath(':part', ':action'),
        async (request, reply) => {
          const { part, action } = request.params;
          const simulation = parts.get(part);
          const known = simulationActions.find((other) => other === action);
          if (!simulation || !known)
            return reply.code(404).send({ error: `no simulated part '${part}' that knows '${action}'` });
          await simulation.act(known);
          return { done: known };
        },
      );
    },
  };
}
