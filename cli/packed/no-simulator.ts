/**
 * In the package, for what runs a firmware: the simulator compiles firmware and engine from their sources, with a C
 * compiler, and those are in a clone.
 */
export const SimulatedDevice = undefined;
export const startAll = undefined;

throw new Error(
  'the simulator is not in this package: in a clone of the repository, `npm start` and `npx sluice sim` run it',
);
