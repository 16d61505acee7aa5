import { setTimeout as sleep } from "node:timers/promises";
import { answer, type Outpost } from "../client.js";
import { OutpostError, UnreachableError } from "../errors.js";
import type { Job, JobMoment } from "../types.js";
import { signWebhook } from "../webhooks.js";

/** What can be seen of jobs; other webhooks (keys that end, limits that are near) are not made here. */
export const TYPES = ["job.running", "job.succeeded", "job.failed", "job.cancelled", "job.dead_letter"] as const;
type Type = (typeof TYPES)[number];

export interface ListenSettings {
  to: string;
  secret: string;
  types: readonly Type[];
  mode: "live" | "test";
  /** Told when Outpost does not answer; it is asked again. */
  onTrouble?: (failure: Error) => void;
}

/** What became of one event. */
export interface Forwarded {
  id: string;
  timestamp: string;
  type: Type;
  job_id: string;
  /** What the receiver answered; null when nothing did, and why is in `error`. */
  status: number | null;
  error?: string;
  duration_ms: number;
}

const LOOK_BACK = 60_000; // containers' clocks differ a little, so that ids may come a little out of order
const UNTIL_AN_ANSWER = 15_000; // as Outpost itself waits

/** Makes webhooks of what the API tells of jobs: which there are, and what has happened to those that have changed. */
export class Listener {
  /** How each job was when it was last looked at; an open one stays until it has ended. */
  private known = new Map<string, Job>();
  private told = new Set<string>();

  constructor(
    private readonly outpost: Outpost,
    private readonly settings: ListenSettings,
  ) {}

  /** What has happened so far is not told. */
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

  /** What has changed since the last time; where it was broken off, the rest is told the next time. */
  private async *forwardNew(): AsyncGenerator<Forwarded> {
    for (const job of await this.look()) {
      const before = this.known.get(job.job_id);
      if (before?.status === job.status && before.attempts === job.attempts) continue;
      for (const moment of await this.moments(job)) yield await this.post(job, moment);
      this.known.set(job.job_id, job);
    }
  }

  /** The newest jobs, and those that were open: all that can have changed. */
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

  /** Once: a receiver that is not there gets nothing again. */
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

/** The same whenever it is made, as `webhook-id` must be; an end happens once, a start once for each attempt. */
function idOf(jobId: string, event: string, attempt?: number): string {
  return event === "running" ? `${jobId}-running-${attempt ?? 1}` : `${jobId}-${event}`;
}
