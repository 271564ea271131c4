/** A call that was refused, failed, or was not answered; the code goes over the link as it is. */
export class CallError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
