import type { Outpost } from "../client.js";
import type { Job, JobEvent } from "../types.js";
import { INTERRUPTED } from "./errors.js";
import { printJson, write } from "./print.js";
import type { Session } from "./session.js";

/** Prints a job's output until the job ends, and makes the job's exit code that of the program. */
export async function followToEnd(session: Session, outpost: Outpost, jobId: string): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  try {
    for await (const event of outpost.follow(jobId, { signal: stop.signal })) {
      await (session.json ? printJson(asJson(event)) : show(session, event));
      if (event.type === "end") process.exitCode = exitCode(event.job);
    }
  } catch (failure) {
    if (!stop.signal.aborted) throw failure;
    session.tell(`\nThe job still runs. Follow it with \`outpost logs -f ${jobId}\`, or end it with \`outpost cancel ${jobId}\`.`);
    process.exitCode = INTERRUPTED;
  } finally {
    process.removeListener("SIGINT", interrupt);
  }
}

/** The agent's exit code; 1 for a job that did not succeed and has none. */
export function exitCode(job: Job): number {
  if (job.status === "succeeded") return 0;
  return job.status === "failed" && job.exit_code ? job.exit_code : 1;
}

async function show(session: Session, event: JobEvent): Promise<void> {
  if (event.type === "output") return write(event.bytes);
  // The last message tells how the job ended, so it is not printed here too.
  const isTold = event.type === "job" && !["pending", "running"].includes(event.job.status);
  if (!isTold) showJob(session, event.job);
}

/** An event as JSON in the API's form; bytes that are not UTF-8 are in base64. */
function asJson(event: JobEvent): object {
  if (event.type !== "output") return { event: event.type, job: event.job };
  const { attempt, offset, bytes } = event;
  const told = Buffer.from(bytes);
  const text = told.toString();
  return { event: "output", attempt, offset, ...(Buffer.from(text).equals(told) ? { text } : { base64: told.toString("base64") }) };
}

/** Prints a line with a job's state. */
export function showJob(session: Session, job: Job): void {
  session.tell(`Job ${job.job_id} ${state(job)}`);
  for (const { code, detail } of job.warnings ?? []) session.tell(`Warning (${code}): ${detail}`);
}

function state(job: Job): string {
  if (job.status === "pending") return `is pending (${job.waiting_reason ?? "queued"})`;
  if (job.status === "running") return job.attempts > 1 ? `is running, attempt ${job.attempts}` : "is running";
  const end = { cancelled: "has been cancelled", dead_letter: "could not be run" }[job.status as string] ?? `has ${job.status}`;
  const all = facts(job);
  return `${end}${all.length > 0 ? ` (${all.join(", ")})` : ""}${job.error ? `: ${job.error.message}` : ""}`;
}

function facts(job: Job): string[] {
  const all: string[] = [];
  if (job.started_at && job.completed_at) {
    all.push(`${((Date.parse(job.completed_at) - Date.parse(job.started_at)) / 1000).toFixed(1)} s`);
  }
  if (job.usage?.cost_usd != null) all.push(`$${job.usage.cost_usd}`);
  const pushed = job.repository?.pushed;
  if (pushed) all.push(pushed.pull_request_url ?? `pushed ${pushed.commit.slice(0, 12)} to ${pushed.branch}`);
  return all;
}
