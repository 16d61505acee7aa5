import { setTimeout as sleep } from "node:timers/promises";
import { UnreachableError } from "./errors.js";

/** How a request is repeated. */
export interface RetryOptions {
  /** How often a request is sent at most; 5 when left out. */
  attempts?: number;
  /** The longest wait that `Retry-After` may ask for, in seconds; 90 when left out. A longer one is handed to the caller. */
  maxRetryAfter?: number;
  /** Told before each wait. */
  onRetry?: (why: string, seconds: number) => void;
  /** For tests: what to call in the place of fetch, of Math.random and of a wait. */
  fetch?: (request: Request) => Promise<Response>;
  random?: () => number;
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>;
}

/** What holds for one call. */
export interface CallOptions {
  /** Milliseconds until the answer must have begun; none when left out. */
  timeout?: number;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8_000;
const WORTH_REPEATING = [408, 429, 500, 502, 503, 504];
const REPEATABLE = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"];

/**
 * Sends requests, and sends them again where that is safe: after a lost connection or an answer that promises a later
 * success, when the method or an `Idempotency-Key` makes sure that nothing happens twice. It waits a random part of a
 * growing pause, or as long as `Retry-After` says.
 */
export class Sender {
  private readonly attempts: number;
  private readonly maxRetryAfter: number;

  constructor(private readonly options: RetryOptions = {}) {
    this.attempts = options.attempts ?? 5;
    this.maxRetryAfter = options.maxRetryAfter ?? 90;
  }

  /** Sends what `make` makes, a new request for each attempt; the last answer, whatever its status. */
  async send(make: () => Request, call: CallOptions = {}): Promise<Response> {
    let mayHaveHappened = false;
    for (let attempt = 1; ; attempt++) {
      const request = make();
      const isLast = attempt >= this.attempts;
      try {
        const response = await this.once(request, call);
        const pause = isLast ? undefined : this.pauseAfter(request, response, attempt, mayHaveHappened);
        if (pause === undefined) return response;
        mayHaveHappened ||= response.status >= 500;
        await response.body?.cancel();
        await this.wait(`The answer was ${response.status}`, pause, request.signal);
      } catch (failure) {
        if (request.signal.aborted) throw failure;
        if (!(failure instanceof UnreachableError) || isLast || !isRepeatable(request)) throw failure;
        mayHaveHappened = true;
        await this.wait(failure.message, this.backoff(attempt), request.signal);
      }
    }
  }

  /** Sends a request once. */
  async once(request: Request, { timeout }: CallOptions = {}): Promise<Response> {
    const late = new AbortController();
    const timer = timeout === undefined ? undefined : setTimeout(() => late.abort(new Error("no answer in time")), timeout);
    try {
      const signal = AbortSignal.any([request.signal, late.signal]);
      return await (this.options.fetch ?? fetch)(new Request(request, { signal }));
    } catch (failure) {
      if (request.signal.aborted) throw request.signal.reason;
      throw new UnreachableError(new URL(request.url).origin, late.signal.aborted ? late.signal.reason : failure);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Milliseconds of a pause that grows with each failure: a random part of it, so that clients do not come back at once. */
  backoff(failures: number): number {
    const whole = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
    return whole * (0.5 + 0.5 * (this.options.random ?? Math.random)());
  }

  async wait(why: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.options.onRetry?.(why, milliseconds / 1000);
    const pause = this.options.sleep ?? ((time, signal) => sleep(time, undefined, { signal }));
    await pause(milliseconds, signal);
  }

  /** Milliseconds until the request is worth repeating; undefined when it is not. */
  private pauseAfter(request: Request, response: Response, attempt: number, mayHaveHappened: boolean): number | undefined {
    // The first try of a request that is sent again under its key may still be at work: that is answered 409, too.
    const isAtWork = response.status === 409 && mayHaveHappened && request.headers.has("idempotency-key");
    if (!WORTH_REPEATING.includes(response.status) && !isAtWork) return undefined;
    // What was over the limit has not happened, so it may be sent again in any case.
    if (response.status !== 429 && !isRepeatable(request)) return undefined;
    const asked = retryAfter(response.headers.get("retry-after"));
    if (asked === undefined) return this.backoff(attempt);
    if (asked > this.maxRetryAfter) return undefined;
    return Math.max(asked * 1000, this.backoff(attempt));
  }
}

function isRepeatable(request: Request): boolean {
  return REPEATABLE.includes(request.method) || request.headers.has("idempotency-key");
}

/** Seconds or a date, as RFC 9110 has it. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}
