/** `npx sluice gateway CONFIG`: the gateway alone, as the package's `sluice-gateway` runs it. */
export { registerGateway as register } from '../compose/gateway';
