import { OutpostError, UnreachableError } from "../errors.js";
import { plain } from "./print.js";

/** A command's failure, and what the user can do about it. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly remedy?: string,
  ) {
    super(message);
  }
}

/** The exit code when the command itself fails; as with `docker run`, it is not the job's. */
export const FAILED = 125;
export const INTERRUPTED = 130;

/** What a user of a terminal can do about each code of docs/api.md; a test compares the two lists. */
export const REMEDIES: Record<string, string> = {
  "invalid-request": "Correct what is named above.",
  unauthenticated: "Run `outpost login` with a key that is neither expired nor revoked.",
  "quota-exceeded": "Wait for the next billing period, or subscribe to a larger tier.",
  forbidden: "Use a key with the scope that is named above (`outpost whoami` shows yours).",
  "not-found": "Check the id; what belongs to another tenant is not found either.",
  "no-output-yet": "Try again when the job runs, or follow it with `outpost logs -f`.",
  "method-not-allowed": "Update this program: it does not fit this Outpost.",
  "request-timeout": "Try again over a better connection.",
  conflict: "Read it again (`outpost jobs get`), and decide whether your change is still wanted.",
  "limit-reached": "Delete or end one of those that the limit named above counts.",
  "precondition-failed": "It has changed meanwhile: read it again, and decide whether your change is still wanted.",
  "payload-too-large": "Send less.",
  "unsupported-media-type": "Update this program: it does not fit this Outpost.",
  "range-not-satisfiable": "Ask for a range within the output.",
  "expectation-failed": "Check the proxy between here and Outpost.",
  unprocessable: "Change what is named above.",
  "idempotency-key-reused": "Use a new --idempotency-key for a new job.",
  "rate-limited": "Wait, then try again.",
  "header-too-large": "Send less: fewer filters.",
  internal: "Try again; if it fails again, tell your operator the request's id.",
  "not-implemented": "Check the proxy between here and Outpost.",
  unavailable: "Try again in a moment.",
  "http-version-not-supported": "Check the proxy between here and Outpost.",
};

/** The lines that tell a failure: what went wrong, the wrong fields, the remedy, and the id to quote. */
export function explain(failure: unknown): string {
  if (failure instanceof OutpostError) return explainRefusal(failure);
  const message = failure instanceof Error ? failure.message : String(failure);
  const remedy =
    failure instanceof CliError
      ? failure.remedy
      : failure instanceof UnreachableError
        ? "Check the address (`outpost whoami`) and the connection."
        : undefined;
  return lines(message, remedy);
}

function explainRefusal({ status, code, problem, requestId }: OutpostError): string {
  const fields = (problem.errors ?? []).map(({ field, detail }) => `  ${field}: ${detail}`);
  const told = fields.length > 0 ? undefined : problem.detail;
  return lines(
    `${problem.title ?? "The request was not answered by Outpost itself"} (${status})`,
    told,
    ...fields,
    REMEDIES[code] ?? (status >= 500 ? REMEDIES.unavailable : "Check the address (`outpost whoami`)."),
    requestId && `Request ${requestId}`,
  );
}

function lines(...all: (string | undefined)[]): string {
  return all.filter(Boolean).map(line => plain(line!)).join("\n  ");
}
