import type { Problem } from "./types.js";

/** Outpost's refusal of a request: what its problem document (RFC 9457) says. */
export class OutpostError extends Error {
  /** The last part of the problem's type, such as `quota-exceeded`; decide by it. Empty when a gateway answered. */
  readonly code: string;

  constructor(
    readonly status: number,
    /** The document, or what there was of one when something else than Outpost answered. */
    readonly problem: Partial<Problem>,
  ) {
    super([problem.title ?? `The answer was ${status}`, problem.detail].filter(Boolean).join(": "));
    this.name = "OutpostError";
    this.code = problem.type?.split("/").pop() ?? "";
  }

  /** Quote it when you ask for help. */
  get requestId(): string | undefined {
    return this.problem.request_id;
  }

  /** Reads the body of an answer that is no success. */
  static async of(response: Response): Promise<OutpostError> {
    const text = await response.text().catch(() => "");
    return OutpostError.from(response, parsed(text));
  }

  static from(response: Response, body: unknown): OutpostError {
    const isProblem = typeof body === "object" && body !== null && "type" in body;
    return new OutpostError(response.status, isProblem ? (body as Problem) : {});
  }
}

/** Nothing answered: no connection, or one that was cut. `cause` says why. */
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

/** fetch says "fetch failed" and hides why in the cause. */
function reason(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  if (failure.cause instanceof Error) return reason(failure.cause);
  return failure.message || ("code" in failure ? String(failure.code) : failure.name);
}
