import { setTimeout as sleep } from "node:timers/promises";
import { UnreachableError } from "./errors.js";

/** How a request is repeated. */
export interface RetryOptions {
  /** How often a request is sent at most; 5 by default. */
  attempts?: number;
  /** The longest accepted `Retry-After`, in seconds; 90 by default. With a longer one the answer goes to the caller. */
  maxRetryAfter?: number;
  /** Called before each wait. */
  onRetry?: (why: string, seconds: number) => void;
  /** For tests: stand-ins for fetch, Math.random and waiting. */
  fetch?: (request: Request) => Promise<Response>;
  random?: () => number;
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>;
}

/** Options of one call. */
export interface CallOptions {
  /** Milliseconds until the answer must have begun; no limit by default. */
  timeout?: number;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8_000;
const WORTH_REPEATING = [408, 429, 500, 502, 503, 504];
const REPEATABLE = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"];

/**
 * Sends requests, and repeats them after a lost connection or a temporary refusal, if the method or an `Idempotency-Key`
 * makes sure that nothing happens twice. Between attempts it waits a random part of a growing pause, or as long as
 * `Retry-After` says.
 */
export class Sender {
  private readonly attempts: number;
  private readonly maxRetryAfter: number;

  constructor(private readonly options: RetryOptions = {}) {
    this.attempts = options.attempts ?? 5;
    this.maxRetryAfter = options.maxRetryAfter ?? 90;
  }

  /** Sends the request that `make` makes anew for each attempt, and returns the last answer, whatever its status. */
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

  /** A random part of a pause that grows with each failure, in milliseconds; random, so that clients do not return together. */
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
    // When a request is repeated under its idempotency key while the first is being served, the answer is 409.
    const isAtWork = response.status === 409 && mayHaveHappened && request.headers.has("idempotency-key");
    if (!WORTH_REPEATING.includes(response.status) && !isAtWork) return undefined;
    // A request over the rate limit had no effect, so it may always be repeated.
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

/** Reads `Retry-After`, seconds or a date (RFC 9110). */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}
