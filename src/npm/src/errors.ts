import type { Problem } from "./types.js";

/** A refused request, with its problem document (RFC 9457). */
export class OutpostError extends Error {
  /** The last part of the problem's type, such as `quota-exceeded`, for decisions. Empty when a gateway answered instead. */
  readonly code: string;

  constructor(
    readonly status: number,
    /** The document; incomplete when a gateway answered instead of Outpost. */
    readonly problem: Partial<Problem>,
  ) {
    super([problem.title ?? `The answer was ${status}`, problem.detail].filter(Boolean).join(": "));
    this.name = "OutpostError";
    this.code = problem.type?.split("/").pop() ?? "";
  }

  /** The request's id; quote it when you ask for help. */
  get requestId(): string | undefined {
    return this.problem.request_id;
  }

  /** Reads the body of a refusal. */
  static async of(response: Response): Promise<OutpostError> {
    const text = await response.text().catch(() => "");
    return OutpostError.from(response, parsed(text));
  }

  static from(response: Response, body: unknown): OutpostError {
    const isProblem = typeof body === "object" && body !== null && "type" in body;
    return new OutpostError(response.status, isProblem ? (body as Problem) : {});
  }
}

/** There was no answer: no connection, or one that was cut. `cause` says why. */
export class UnreachableError extends Error {
  constructor(address: string, cause: unknown) {
    super(`${address} does not answer: ${reason(cause)}`, { cause });
    this.name = "UnreachableError";
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The reason of a failed fetch, which is only in its cause. */
function reason(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  if (failure.cause instanceof Error) return reason(failure.cause);
  return failure.message || ("code" in failure ? String(failure.code) : failure.name);
}
