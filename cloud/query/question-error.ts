/** What cannot be asked so, with what could be meant. */
export class QuestionError extends Error {
  constructor(
    readonly status: 400 | 404 | 413,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}
