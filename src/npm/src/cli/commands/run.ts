import { randomUUID } from "node:crypto";
import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { text } from "node:stream/consumers";
import { Option, type Command } from "commander";
import { answer, type Outpost } from "../../client.js";
import type { Job, JobRequest } from "../../types.js";
import { CliError } from "../errors.js";
import { followToEnd, showJob } from "../following.js";
import { bytes, printJson, write } from "../print.js";
import { Session } from "../session.js";
import { count, duration, label, number, several, time } from "../values.js";

interface RunOptions {
  follow?: boolean;
  agent: string;
  workspace?: string;
  repository?: string;
  ref?: string;
  depth?: number;
  submodules?: boolean;
  lfs?: boolean;
  repositorySecret?: string;
  push?: string;
  pushMessage?: string;
  pullRequest?: boolean;
  input?: string[];
  label?: Record<string, string>;
  secret?: string[];
  model?: string;
  maxCostUsd?: number;
  timeout?: number;
  priority?: "low" | "normal" | "high";
  startAfter?: string;
  idempotencyKey?: string;
}

/** `outpost run`, `rerun`, `continue` and `logs`: submit jobs and print their output. */
export function addRun(program: Command): void {
  program
    .command("run")
    .description("submit a job")
    .argument("[task...]", "the task for the agent; read from standard input when left out or -")
    .option("-f, --follow", "print the job's output as it comes, and exit with its exit code")
    .option("-a, --agent <name>", "claude, codex, gemini, grok, aider, or another agent that the operator offers", "claude")
    .option("-w, --workspace <name>", "a directory that is restored before the job and saved after it")
    .option("-i, --input <file[=path]>", "upload a file into the job's working directory, under path if given (repeatable)", several)
    .option("-l, --label <name=value>", "a label for the job (repeatable)", label)
    .option("--secret <name>", "one of your secrets, which the agent gets in its environment (repeatable)", several)
    .option("--model <name>", "the model that the agent uses")
    .option("--max-cost-usd <dollars>", "stop the job when it has cost more", number)
    .option("--timeout <duration>", "stop the job after a duration: 90s, 30m, 2h", duration)
    .option("--start-after <time>", "start at a time (2026-12-01T06:00:00Z) or after a duration (2h)", time(1))
    .addOption(new Option("--priority <name>", "the job's priority; normal when left out").choices(["low", "normal", "high"]))
    .option("-r, --repository <url>", "a git repository to clone into the working directory first")
    .option("--ref <name>", "the branch, tag or commit to check out")
    .option("--depth <commits>", "how many commits of the history to fetch", count)
    .option("--submodules", "fetch the submodules too")
    .option("--lfs", "fetch the files in Git LFS too")
    .option("--repository-secret <name>", "one of your secrets, with the credentials of the repository")
    .option("--push <branch>", "push the agent's changes to this branch")
    .option("--push-message <text>", "the commit message of the push")
    .option("--pull-request", "open a pull request for the pushed branch")
    .option("--idempotency-key <key>", "a key for repeating the command safely: with the same key the job is submitted once in 24 hours")
    .action(async (words: string[], options: RunOptions, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const request = { ...requestOf(options), command: await task(words) };
      const key = options.idempotencyKey ?? randomUUID();
      const inputs = await upload(session, outpost, options.input ?? [], key);
      const job = await outpost.submit({ ...request, ...(inputs.length > 0 && { inputs }) }, { idempotencyKey: key });
      await started(session, outpost, job, options.follow);
    });

  program
    .command("rerun")
    .description("submit a job's task again as a new job")
    .argument("<job_id>", "the job")
    .option("-f, --follow", "print the job's output as it comes, and exit with its exit code")
    .action(async (jobId: string, options: RunOptions, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const call = outpost.api.POST("/jobs/{job_id}/rerun", { params: { path: { job_id: jobId } } });
      await started(session, outpost, await answer(call), options.follow);
    });

  program
    .command("continue")
    .description("submit the next task of an ended job's conversation, in the same workspace")
    .argument("<job_id>", "the job")
    .argument("[task...]", "the next task; read from standard input when left out or -")
    .option("-f, --follow", "print the job's output as it comes, and exit with its exit code")
    .action(async (jobId: string, words: string[], options: RunOptions, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const body = { command: await task(words) };
      const call = outpost.api.POST("/jobs/{job_id}/messages", { params: { path: { job_id: jobId } }, body });
      await started(session, outpost, await answer(call), options.follow);
    });

  program
    .command("logs")
    .description("print a job's output so far")
    .argument("<job_id>", "the job")
    .option("-f, --follow", "continue as output comes, and exit with the job's exit code")
    .action(async (jobId: string, options: RunOptions, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      if (options.follow) return followToEnd(session, outpost, jobId);
      const path = { job_id: jobId };
      const output = await answer(outpost.api.GET("/jobs/{job_id}/output", { params: { path }, parseAs: "stream" }));
      for await (const chunk of output as unknown as AsyncIterable<Uint8Array>) await write(chunk);
    });
}

async function started(session: Session, outpost: Outpost, job: Job, isFollowed?: boolean): Promise<void> {
  if (isFollowed) {
    session.tell(`Job ${job.job_id} submitted`);
    return followToEnd(session, outpost, job.job_id);
  }
  if (session.json) return printJson(job);
  await write(`${job.job_id}\n`);
  showJob(session, job);
}

/** The job's command: the words of the command line, else all of standard input. */
async function task(words: string[]): Promise<string> {
  const given = words.join(" ");
  if (given !== "" && given !== "-") return given;
  if (process.stdin.isTTY) throw new CliError("There is no task.", "Give one, as in: outpost run \"Add a test for the date parser\"");
  return text(process.stdin);
}

function requestOf(options: RunOptions): Omit<JobRequest, "command"> {
  const { agent, workspace, label, secret, model, maxCostUsd, timeout, priority, startAfter } = options;
  return defined({
    agent,
    workspace,
    model,
    labels: label,
    secrets: secret,
    max_cost_usd: maxCostUsd,
    timeout_seconds: timeout,
    priority,
    start_after: startAfter,
    repository: repositoryOf(options),
  });
}

function repositoryOf(options: RunOptions): JobRequest["repository"] {
  const { repository: url, ref, depth, submodules, lfs, repositorySecret: secret, push, pushMessage, pullRequest } = options;
  if (!url) {
    if (ref || depth || submodules || lfs || secret || push) throw new CliError("Options of a repository need --repository.", "Give --repository <url> too.");
    return undefined;
  }
  if (!push && (pushMessage || pullRequest)) throw new CliError("Options of a push need --push.", "Give --push <branch> too.");
  const pushed = push && defined({ branch: push, message: pushMessage, pull_request: pullRequest });
  return defined({ url, ref, depth, submodules, lfs, secret, push: pushed || undefined }) as JobRequest["repository"];
}

/** The request without fields that were not given, because the API refuses empty ones. */
function defined<T extends object>(all: T): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
}

/** Uploads files under idempotency keys derived from the job's, so that a repeated submission has the same bytes. */
async function upload(session: Session, outpost: Outpost, files: string[], key: string) {
  const wanted = files.map(file => {
    const at = file.lastIndexOf("=");
    return at < 1 ? { file, path: basename(file) } : { file: file.slice(0, at), path: file.slice(at + 1) };
  });
  for (const { file } of wanted) {
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) throw new CliError(`${file} is no file here.`, "Give --input <file>, or <file>=<path in the job>.");
  }
  const inputs: { input_id: string; path: string }[] = [];
  for (const [place, { file, path }] of wanted.entries()) {
    const blob = await openAsBlob(file);
    session.tell(`Uploading ${file} (${bytes(blob.size)})`);
    inputs.push({ input_id: await outpost.upload(blob, { idempotencyKey: `${key}-input-${place}`.slice(-255) }), path });
  }
  return inputs;
}
