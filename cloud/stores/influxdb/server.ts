/** An InfluxDB server of either version, as far as a stage needs it: points into the database of a project. */

/** Days that points are kept (data formats, table of data stores). */
export const retentionDays = 90;
/** Milliseconds for an answer. */
export const timeout = 30_000;

export interface InfluxServer {
  /**
   * Writes lines, in milliseconds; the database is made where there is none. Resolves to undefined when all are taken,
   * to what the server says when it refuses some or all of them.
   * @throws when it is away, overloaded, or does not let us in: to be tried again
   */
  write(database: string, lines: string): Promise<string | undefined>;
}

/** What an answer to a write says of its lines. @throws when it says nothing of them */
export async function verdict(response: Response): Promise<string | undefined> {
  const text = await response.text();
  if (response.ok) return undefined;
  const reason = reasonIn(text) || `${response.status}`;
  if ([400, 413, 422].includes(response.status)) return reason;
  throw new Error(`InfluxDB answers ${response.status}: ${reason}`);
}

export function reasonIn(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: string; message?: string };
    return (error ?? message ?? text).slice(0, 500);
  } catch {
    return text.slice(0, 500);
  }
}
