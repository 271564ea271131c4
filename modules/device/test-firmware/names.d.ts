/** The names by which the simulator's loader knows what `main` imports. */
declare module 'modules/device/test-firmware/run' {
  export default function main(): void;
}
