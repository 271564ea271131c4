/** What is wrong with a manifest or a module, naming the file. */
export class BuildError extends Error {
  override name = 'BuildError';
}
