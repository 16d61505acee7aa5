import { setTimeout as sleep } from "node:timers/promises";
import { answer, type Outpost } from "../client.js";
import { OutpostError, UnreachableError } from "../errors.js";
import type { Job, JobMoment } from "../types.js";
import { signWebhook } from "../webhooks.js";

/** The events that can be made from jobs; others, such as those of keys that expire and of limits, cannot. */
export const TYPES = ["job.running", "job.succeeded", "job.failed", "job.cancelled", "job.dead_letter"] as const;
type Type = (typeof TYPES)[number];

export interface ListenSettings {
  to: string;
  secret: string;
  types: readonly Type[];
  mode: "live" | "test";
  /** Called when Outpost does not answer; the request is repeated. */
  onTrouble?: (failure: Error) => void;
}

/** How the delivery of an event went. */
export interface Forwarded {
  id: string;
  timestamp: string;
  type: Type;
  job_id: string;
  /** The receiver's status; null when it did not answer, and then `error` says why. */
  status: number | null;
  error?: string;
  duration_ms: number;
}

const LOOK_BACK = 60_000; // containers' clocks differ a little, so that ids may come a little out of order
const UNTIL_AN_ANSWER = 15_000; // as Outpost itself waits

/** Makes webhook events from jobs that the API lists as new or changed. */
export class Listener {
  /** The last known state of each job; an open job stays until it has ended. */
  private known = new Map<string, Job>();
  private told = new Set<string>();

  constructor(
    private readonly outpost: Outpost,
    private readonly settings: ListenSettings,
  ) {}

  /** Reads the present jobs, so that no event is made for anything earlier. */
  async begin(): Promise<void> {
    for (const job of await this.look()) {
      for (let attempt = 1; attempt <= job.attempts; attempt++) this.told.add(idOf(job.job_id, "running", attempt));
      if (!isOpen(job)) this.told.add(idOf(job.job_id, job.status));
      this.known.set(job.job_id, job);
    }
  }

  async *forward(every: number, signal: AbortSignal): AsyncGenerator<Forwarded> {
    while (!signal.aborted) {
      try {
        yield* this.forwardNew();
      } catch (failure) {
        const isPassing = failure instanceof OutpostError && (failure.status >= 500 || failure.status === 429);
        if (!isPassing && !(failure instanceof UnreachableError)) throw failure;
        this.settings.onTrouble?.(failure);
      }
      await sleep(every, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Events since the last call. What a failure left out comes with the next call. */
  private async *forwardNew(): AsyncGenerator<Forwarded> {
    for (const job of await this.look()) {
      const before = this.known.get(job.job_id);
      if (before?.status === job.status && before.attempts === job.attempts) continue;
      for (const moment of await this.moments(job)) yield await this.post(job, moment);
      this.known.set(job.job_id, job);
    }
  }

  /** The newest jobs and those that were open: no other job can have changed. */
  private async look(): Promise<Job[]> {
    const seen = new Map<string, Job>();
    const { mode } = this.settings;
    let since: number | undefined;
    for await (const job of this.outpost.list("/jobs", { query: { mode } })) {
      since ??= Date.parse(job.created_at) - LOOK_BACK;
      if (Date.parse(job.created_at) < since && (this.known.size > 0 || seen.size >= 100)) break;
      seen.set(job.job_id, job);
    }
    for await (const job of this.outpost.list("/jobs", { query: { mode, status: ["pending", "running"] } })) {
      if (!seen.has(job.job_id)) seen.set(job.job_id, job);
    }
    for (const [id, job] of this.known) {
      if (seen.has(id)) continue;
      if (isOpen(job)) seen.set(id, await this.outpost.job(id));
      else this.known.delete(id); // older than what is looked at: it cannot come again
    }
    return [...seen.values()].sort((a, b) => (a.job_id < b.job_id ? -1 : 1));
  }

  private async moments(job: Job): Promise<JobMoment[]> {
    const path = { job_id: job.job_id };
    const { data } = await answer(this.outpost.api.GET("/jobs/{job_id}/timeline", { params: { path } }));
    return data.filter(moment => {
      const isNew = !this.told.has(idOf(job.job_id, moment.event, moment.attempt));
      return isNew && this.settings.types.includes(`job.${moment.event}` as Type);
    });
  }

  /** Sends an event once; there is no second attempt. */
  private async post(job: Job, moment: JobMoment): Promise<Forwarded> {
    const type = `job.${moment.event}` as Type;
    const id = idOf(job.job_id, moment.event, moment.attempt);
    this.told.add(id);
    const body = JSON.stringify({ type, timestamp: moment.at, data: job });
    const headers = { "content-type": "application/json", ...signWebhook(this.settings.secret, id, new Date(), body) };
    const forwarded = { id, timestamp: moment.at, type, job_id: job.job_id };
    const began = performance.now();
    const took = () => Math.round(performance.now() - began);
    try {
      const signal = AbortSignal.timeout(UNTIL_AN_ANSWER);
      const response = await fetch(this.settings.to, { method: "POST", headers, body, signal, redirect: "manual" });
      await response.body?.cancel();
      return { ...forwarded, status: response.status, duration_ms: took() };
    } catch (failure) {
      const { message } = (failure as Error).cause instanceof Error ? ((failure as Error).cause as Error) : (failure as Error);
      return { ...forwarded, status: null, error: message || "no connection", duration_ms: took() };
    }
  }
}

function isOpen(job: Job): boolean {
  return job.status === "pending" || job.status === "running";
}

/** An event's id, always the same for the same event, as `webhook-id` must be: one end for a job, one start for an attempt. */
function idOf(jobId: string, event: string, attempt?: number): string {
  return event === "running" ? `${jobId}-running-${attempt ?? 1}` : `${jobId}-${event}`;
}
