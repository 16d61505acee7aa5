import { Option, type Command } from "commander";
import { answer } from "../../client.js";
import type { Job, JobStatus, ListParams } from "../../types.js";
import { CliError } from "../errors.js";
import { showJob } from "../following.js";
import { brief, printJson, table, write } from "../print.js";
import { Session } from "../session.js";
import { count, label, oneOf, time } from "../values.js";

interface Filter {
  status?: JobStatus[];
  label?: Record<string, string>;
  agent?: string;
  mode?: "live" | "test";
  after?: string;
  before?: string;
  limit: number;
}

/** `outpost jobs`: lists, shows and cancels jobs. */
export function addJobs(program: Command): void {
  const statuses: JobStatus[] = ["pending", "running", "succeeded", "failed", "cancelled", "dead_letter"];
  const jobs = program.command("jobs").description("list jobs, newest first, or show one");
  jobs
    .command("list", { isDefault: true })
    .description("list jobs, newest first")
    .option("-s, --status <status>", `only jobs with this status: ${statuses.join(", ")} (repeatable)`, oneOf(...statuses))
    .option("-l, --label <name=value>", "only jobs with this label; repeated: with all of them", label)
    .option("-a, --agent <name>", "only jobs of this agent")
    .addOption(new Option("--mode <mode>", "only jobs of live or only of test keys; your key's mode when left out").choices(["live", "test"]))
    .option("--after <time>", "only jobs submitted after a time (2026-11-30T12:00:00Z) or in the last 2h", time(-1))
    .option("--before <time>", "only jobs submitted before a time, or longer than 2h ago", time(-1))
    .option("-n, --limit <number>", "how many jobs at most", count, 20)
    .action(async (filter: Filter, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const found: Job[] = [];
      for await (const job of outpost.list("/jobs", { query: queryOf(filter, outpost.isTest) })) {
        if (session.json) await printJson(job);
        found.push(job);
        if (found.length === filter.limit) break;
      }
      if (!session.json) await write(table(["JOB", "STATUS", "AGENT", "SUBMITTED", "TASK"], found.map(row)));
    });

  jobs
    .command("get")
    .description("show a job")
    .argument("<job_id>", "the job")
    .option("--wait", "wait for the job's end first")
    .action(async (jobId: string, options: { wait?: boolean }, command: Command) => {
      const outpost = await Session.of(command).outpost();
      const job = await (options.wait ? outpost.wait(jobId) : outpost.job(jobId));
      await (Session.of(command).json ? printJson(job) : write(`${JSON.stringify(job, null, 2)}\n`));
    });

  program
    .command("cancel")
    .description("cancel jobs: the named ones, or all open jobs that match a filter")
    .argument("[job_id...]", "the jobs")
    .option("-s, --status <status>", "only pending or only running jobs (repeatable)", oneOf("pending", "running"))
    .option("-l, --label <name=value>", "only jobs with this label; repeated: with all of them", label)
    .option("-a, --agent <name>", "only jobs of this agent")
    .option("--all", "all open jobs")
    .action(async (jobIds: string[], filter: CancelFilter, command: Command) => {
      const session = Session.of(command);
      if (jobIds.length > 0) return cancelNamed(session, jobIds);
      if (!filter.status && !filter.label && !filter.agent && !filter.all) {
        throw new CliError("No jobs are named.", "Name jobs, or give a filter or --all.");
      }
      await cancelFound(session, filter);
    });
}

interface CancelFilter {
  status?: ("pending" | "running")[];
  label?: Record<string, string>;
  agent?: string;
  all?: boolean;
}

async function cancelNamed(session: Session, jobIds: string[]): Promise<void> {
  const outpost = await session.outpost();
  for (const jobId of jobIds) {
    const job = await outpost.cancel(jobId);
    if (session.json) await printJson(job);
    else showJob(session, job);
  }
}

/** The API cancels at most 1000 jobs in a request. */
async function cancelFound(session: Session, { status, label: labels, agent }: CancelFilter): Promise<void> {
  const outpost = await session.outpost();
  const body = { ...(status && { status }), ...(labels && { labels }), ...(agent && { agent }) };
  let cancelled = 0;
  for (let more = true; more; ) {
    const result = await answer(outpost.api.POST("/jobs/cancel", { body }));
    cancelled += result.cancelled;
    more = result.more;
    if (more) session.tell(`${cancelled} cancelled; there are more jobs`);
  }
  await (session.json ? printJson({ cancelled, more: false }) : write(`${cancelled} cancelled\n`));
}

function queryOf({ status, label: labels, agent, mode, after, before, limit }: Filter, isTest: boolean): ListParams<"/jobs">["query"] {
  return {
    status,
    label: labels && Object.entries(labels).map(([name, value]) => `${name}:${value}`),
    agent,
    mode: mode ?? (isTest ? "test" : undefined),
    created_after: after,
    created_before: before,
    limit: Math.min(limit, 100),
  };
}

function row(job: Job): string[] {
  return [job.job_id, job.status, job.agent, job.created_at.replace(/\.\d+Z$/, "Z"), brief(job.command, 60)];
}
