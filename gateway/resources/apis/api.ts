/**
 * How an API and its methods are described. One row serves a call by name, a call over the link, a collector and Viam's
 * service: whoever adds a method adds one row.
 */
import { z } from 'zod';
import { findMethod, type ReadingKind, type ReadingRange } from '../../../modules/config/methods';

/** What a capture method gives that is kept as a file of its own. */
export interface BinaryReading {
  bytes: Uint8Array;
  /** `image/jpeg` */
  mimeType: string;
  /** Which of several images of one reading it is; empty: there is one. */
  source: string;
  /** What was seen in it, as Viam's `Annotations`. */
  annotations?: object;
}

/** What a method is captured as. */
export interface Captured<Request, Answer> {
  /** Of `modules/config/methods`: `Analogs` */
  as: string;
  /** The request that a collector with these `additional_params` makes. @throws Error that names a wrong one */
  request?(parameters: Readonly<Record<string, string>>): Request;
  /** What is stored of an answer: what the row of `modules/config/methods` makes the payload of. Default: the answer. */
  reading?(answer: Answer): number | boolean | object;
  /** What a raw count stands for. */
  range?(answer: Answer): ReadingRange;
  /** The files of an answer, where the reading is binary. */
  files?(answer: Answer, parameters: Readonly<Record<string, string>>): BinaryReading[];
}

/** A method as its API's file writes it. Members of requests and answers are named as in Viam's protocol. */
export interface MethodSpecification<Request extends z.ZodType, Answer extends z.ZodType> {
  request: Request;
  answer: Answer;
  /** Left out: it is not captured. Several: one for each capture method. */
  captured?: readonly Captured<z.output<Request>, z.output<Answer>>[];
  /** The member of Viam's request that names the resource. Default `name`. */
  named?: string;
}

type Specifications = Readonly<Record<string, MethodSpecification<z.ZodType, z.ZodType>>>;

/** A row of the table. */
export interface Method {
  /** `rdk:component:board` */
  readonly api: string;
  /** `ReadAnalogReader`: the name of Viam's remote procedure. */
  readonly name: string;
  readonly request: z.ZodType;
  readonly answer: z.ZodType;
  readonly captured: readonly CapturedMethod[];
  /** Where Viam's clients find it. */
  readonly viam: { service: string; named: string };
}

/** `Captured` with the defaults filled in; `kind` and `parameters` are the capture method's. */
export interface CapturedMethod {
  readonly as: string;
  readonly kind: ReadingKind;
  readonly parameters: readonly string[];
  request(parameters: Readonly<Record<string, string>>): object;
  reading(answer: unknown): number | boolean | object;
  range?(answer: unknown): ReadingRange;
  files?(answer: unknown, parameters: Readonly<Record<string, string>>): BinaryReading[];
}

export interface Api<Methods extends Specifications = Specifications> {
  /** `rdk:component:board` */
  readonly api: string;
  readonly methods: Methods & typeof common;
  readonly rows: readonly Method[];
}

/** Ends a call under way. */
export interface CallContext {
  /** Milliseconds from now after which nobody waits for the answer. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

type Handler<Specification> =
  Specification extends MethodSpecification<infer Request, infer Answer>
    ? (request: z.output<Request>, context: CallContext) => z.input<Answer> | Promise<z.input<Answer>>
    : never;

/** What a driver gives: the methods of its API that it has, by name. */
export type Handlers<Of extends Api> = { [Name in keyof Of['methods']]?: Handler<Of['methods'][Name]> };

/** Checks the types of one row: what is captured fits request and answer. */
export function method<Request extends z.ZodType, Answer extends z.ZodType>(
  specification: MethodSpecification<Request, Answer>,
): MethodSpecification<Request, Answer> {
  return specification;
}

export const nothing = z.object({});
/** Plain data, of any shape. */
export const data = z.record(z.string(), z.unknown());
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes');
export const vector = z.object({ x: z.number(), y: z.number(), z: z.number() });
export const name = z.string().min(1).max(256);

/** What every API has. */
const common = {
  DoCommand: method({
    request: z.object({ command: data }),
    answer: z.object({ result: data }),
    captured: [
      {
        as: 'DoCommand',
        request: ({ docommand_input }) => ({ command: commandOf(docommand_input) }),
        reading: ({ result }) => result,
      },
    ],
  }),
};

/** @param text an object, as JSON @throws Error what is wrong with it */
function commandOf(text: string | undefined): Record<string, unknown> {
  if (text === undefined)
    throw new Error('additional_params.docommand_input is required: the command, an object');
  let command: unknown;
  try {
    command = JSON.parse(text);
  } catch {
    // Told below: it is no object.
  }
  if (typeof command !== 'object' || command === null || Array.isArray(command))
    throw new Error(`additional_params.docommand_input must be an object, not ${text.slice(0, 40)}`);
  return command as Record<string, unknown>;
}

/**
 * @param api `rdk:component:board`
 * @param service Viam's, by its whole name
 */
export function defineApi<Methods extends Specifications>(
  api: string,
  service: string,
  methods: Methods,
): Api<Methods> {
  const all = { ...methods, ...common };
  const rows = Object.entries<MethodSpecification<z.ZodType, z.ZodType>>(all).map(
    ([rpc, { request, answer, captured = [], named = 'name' }]): Method => ({
      api,
      name: rpc,
      request,
      answer,
      // Not every service that takes commands is captured.
      captured: captured.filter(({ as }) => rpc !== as || findMethod(api, as)).map((each) => fill(api, each)),
      viam: { service, named },
    }),
  );
  return { api, methods: all, rows };
}

function fill(api: string, captured: Captured<unknown, unknown>): CapturedMethod {
  const row = findMethod(api, captured.as);
  if (!row) throw new Error(`${captured.as} of ${api} is not in the table of capture methods`);
  const { kind, parameters } = row;
  return {
    ...({ request: () => ({}), reading: (answer: unknown) => answer } as Partial<CapturedMethod>),
    ...(captured as CapturedMethod),
    kind,
    parameters,
  };
}
