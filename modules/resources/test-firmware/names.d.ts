/** Modules by their names in the manifest: `main` has none of the folder in its own. */
declare module 'modules/resources/test-firmware/run' {
  export default function run(): void;
}
