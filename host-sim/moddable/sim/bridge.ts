/** `sim/bridge`: the way of a simulated module to its Node parent, described in host-sim/README.md. */
export const call = native('sim_bridge_call');
export const callInto = native('sim_bridge_call_into');
export const listen = native('sim_bridge_listen');
