/** What is said to people of an error. */

/** Of an error, whoever threw it: a system's codes are words for those who wrote it. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, cause, message } = error as NodeJS.ErrnoException;
  if (message === 'fetch failed' && cause instanceof Error) return sentenceOf(cause);
  switch (code) {
    case 'EISDIR':
      return path === undefined
        ? 'a directory stands where a file is wanted'
        : `${path} is a directory, not a file`;
    case 'ENOTDIR':
      return path === undefined ? 'a part of the path is no directory' : `a part of ${path} is no directory`;
    case 'ENOENT':
      return path === undefined ? message : `there is no file ${path}`;
    case 'EEXIST':
      return path === undefined ? message : `${path} is there already, and no directory`;
    case 'ERR_INVALID_URL':
      return `'${urlIn(error)}' is no address such as http://127.0.0.1:8472`;
    case 'EACCES':
    case 'EPERM':
      return path === undefined ? message : `${path} may not be opened by this user`;
    case 'ECONNREFUSED':
      return `nothing answers at ${addressOf(error)}: is it running?`;
    case 'ENOTFOUND':
      return `no machine is named ${(error as { hostname?: string }).hostname ?? 'so'}`;
    default:
      return message || code || 'it failed, and does not say why';
  }
}

function addressOf(error: Error): string {
  const [first = error] = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  const { address, port } = first as { address?: string; port?: number };
  return address === undefined ? 'that address' : `${address}:${port}`;
}

/** What was taken for the address: what stands behind it is ours. */
function urlIn(error: Error): string {
  const { input = '', base = input } = error as { input?: string; base?: string };
  return base;
}
