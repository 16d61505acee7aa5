import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { verifyWebhook } from "../index.js";
import { candidates } from "../cli/commands/completion.js";
import { exitCode } from "../cli/following.js";
import { REMEDIES } from "../cli/errors.js";
import { program } from "../cli/program.js";
import { plain } from "../cli/print.js";
import { time } from "../cli/values.js";
import { job, json, KEY, problem, stub, type Got } from "./stub.js";

const MAIN = fileURLToPath(new URL("../cli/main.js", import.meta.url));
const ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const TENANT = "6f1c1d1e-0000-4000-8000-000000000001";

interface Run {
  code: number | null;
  out: string;
  err: string;
}

/** A home directory for each test, so that nothing of the real user is read or written. */
class Home {
  readonly folder = mkdtempSync(join(tmpdir(), "outpost-"));
  readonly credentials = join(this.folder, "outpost", "credentials.json");

  constructor(test: TestContext) {
    test.after(() => rmSync(this.folder, { recursive: true }));
  }

  start(args: string[], environment: Record<string, string> = {}) {
    const env = { PATH: process.env.PATH, HOME: this.folder, XDG_CONFIG_HOME: this.folder, ...environment };
    return spawn(process.execPath, [MAIN, ...args], { env, cwd: this.folder });
  }

  run(args: string[], environment: Record<string, string> = {}, input = ""): Promise<Run> {
    const child = this.start(args, environment);
    const run = { code: null as number | null, out: "", err: "" };
    child.stdout.on("data", data => (run.out += data));
    child.stderr.on("data", data => (run.err += data));
    child.stdin.on("error", () => undefined).end(input);
    return new Promise(done => child.on("close", code => done({ ...run, code })));
  }
}

function whoami(got: Got, response: ServerResponse): boolean {
  if (got.path !== "/auth/verify") return false;
  const headers = { "x-outpost-tenant": TENANT, "x-outpost-key": "01KEY", "x-outpost-scopes": "jobs:read jobs:write" };
  json(response, 200, {}, headers);
  return true;
}

function sse(response: ServerResponse, ...messages: [string, object][]): void {
  const text = messages.map(([event, data], id) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" }).end(text.join(""));
}

test("login keeps the key for its owner alone and prints it nowhere", async t => {
  const home = new Home(t);
  const { url, got } = await stub(t, (got, response) => void (whoami(got, response) || json(response, 200, { data: [], next_cursor: null })));
  const { code, out, err } = await home.run(["login", "--url", url], {}, `${KEY}\n`);
  assert.deepEqual([code, out], [0, ""]);
  assert.match(err, new RegExp(`tenant ${TENANT}`));
  assert.ok(!err.includes(KEY));
  assert.equal((await stat(home.credentials)).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await readFile(home.credentials, "utf8")), { url, key: KEY });

  assert.equal((await home.run(["jobs"])).code, 0);
  assert.equal(got.at(-1)!.headers.authorization, `Bearer ${KEY}`);

  const elsewhere = await home.run(["jobs", "--url", "http://127.0.0.1:1"]);
  assert.equal(elsewhere.code, 125);
  assert.match(elsewhere.err, /is for http.*\n.*outpost login/);

  await chmod(home.credentials, 0o644);
  const loose = await home.run(["jobs"]);
  assert.equal(loose.code, 125);
  assert.match(loose.err, /can be read by others/);
});

/** Plays a user at a terminal. argv: answers, each with the beginning of its question, then the program. */
const TERMINAL = `
import os, pty, sys
answers = [sys.argv[1:3], sys.argv[3:5]]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[5], sys.argv[5:])
seen = b""
try:
    while True:
        seen += os.read(terminal, 4096)
        if answers and answers[0][0].encode() in seen:
            os.write(terminal, answers.pop(0)[1].encode() + b"\\r")
except OSError:
    pass
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

test("at a terminal the key is asked for and not shown", async t => {
  const home = new Home(t);
  const { url } = await stub(t, (got, response) => void whoami(got, response));
  const env = { PATH: process.env.PATH, HOME: home.folder, XDG_CONFIG_HOME: home.folder };
  const args = ["-c", TERMINAL, "Where is", url, "not shown", KEY, process.execPath, MAIN, "login"];
  const [code, seen] = await new Promise<[unknown, string]>(done =>
    execFile("python3", args, { env }, (failure, out) => done([failure?.code, out])),
  );
  if (code === "ENOENT") return t.skip("there is no python3 to be the terminal");
  assert.equal(code, undefined, seen);
  assert.match(seen, /API key \(not shown\)/);
  assert.ok(!seen.includes(KEY));
  assert.equal(JSON.parse(await readFile(home.credentials, "utf8")).key, KEY);
});

test("a key that Outpost does not know is not kept, and the error does not show it", async t => {
  const home = new Home(t);
  const { url } = await stub(t, (_, response) => problem(response, 401, "unauthenticated", { title: "Who?" }));
  for (const key of [KEY, "not-a-key"]) {
    const { code, out, err } = await home.run(["login", "--url", url], {}, key);
    assert.deepEqual([code, out], [125, ""]);
    assert.ok(!err.includes(key));
  }
  await assert.rejects(stat(home.credentials), { code: "ENOENT" });
});

test("run --follow uploads, prints what the agent prints and nothing else, and ends with its exit code", async t => {
  const home = new Home(t);
  const { url, got } = await stub(t, ({ method, path }, response) => {
    if (path === "/inputs") json(response, 201, { input_id: "01INPUT", url: `${url}/store`, headers: {} });
    else if (method === "PUT") response.end();
    else if (path === "/jobs") json(response, 202, job());
    else {
      const ended = job({ status: "failed", attempts: 1, exit_code: 7, error: { code: "agent-failed", message: "exit code 7" } });
      sse(
        response,
        ["job", job({ status: "running", attempts: 1 })],
        ["output", { offset: 0, text: "one\n", attempt: 1 }],
        ["output", { offset: 4, base64: "/wo=", attempt: 1 }],
        ["job", ended],
        ["end", ended],
      );
    }
  });
  await writeFile(join(home.folder, "orders.csv"), "1;2");
  const args = ["run", "-f", "--agent", "codex", "-w", "site", "-l", "team=payments", "-l", "ticket=a:b=c", "--timeout", "30m"];
  const environment = { OUTPOST_URL: url, OUTPOST_API_KEY: KEY };
  const { code, out, err } = await home.run(
    [...args, "-i", "orders.csv=data/in.csv", "-r", "https://github.com/acme/shop", "--push", "fix", "--pull-request"],
    environment,
    "Sum the orders",
  );
  assert.equal(code, 7);
  assert.equal(out, "one\n\ufffd\n");
  assert.match(err, /Uploading orders\.csv \(3 bytes\)\n.*submitted\n.*is running\n.*has failed: exit code 7\n$/);
  const submitted = got.find(one => one.path === "/jobs")!;
  assert.deepEqual(JSON.parse(submitted.body), {
    agent: "codex",
    workspace: "site",
    labels: { team: "payments", ticket: "a:b=c" },
    timeout_seconds: 1800,
    repository: { url: "https://github.com/acme/shop", push: { branch: "fix", pull_request: true } },
    command: "Sum the orders",
    inputs: [{ input_id: "01INPUT", path: "data/in.csv" }],
  });
  const quiet = await home.run(["logs", "-f", "--json", "-q", ID], environment);
  assert.equal(quiet.code, 7);
  assert.equal(quiet.err, "");
  const told = quiet.out.trim().split("\n").map(line => JSON.parse(line));
  assert.deepEqual(told.map(one => one.event), ["job", "output", "output", "job", "end"]);
  assert.deepEqual(told[2], { event: "output", attempt: 1, offset: 4, base64: "/wo=" });
});

test("a refusal says what, where and what to do, on standard error", async t => {
  const home = new Home(t);
  const more = { title: "The request is not valid", errors: [{ field: "agent", detail: "must be known \u001b[2J" }] };
  const { url } = await stub(t, (_, response) => problem(response, 400, "invalid-request", more));
  const environment = { OUTPOST_URL: url, OUTPOST_API_KEY: KEY };
  const { code, out, err } = await home.run(["run", "-a", "none", "Say hello"], environment);
  assert.deepEqual([code, out], [125, ""]);
  assert.equal(
    err,
    "outpost: The request is not valid (400)\n    agent: must be known \ufffd[2J\n  Correct what is named above.\n  Request 01REQUEST\n",
  );
  const asJson = await home.run(["run", "-a", "none", "Say hello", "--json"], environment);
  assert.equal(JSON.parse(asJson.err).errors[0].field, "agent");
});

test("Ctrl-C ends the following and not the job", async t => {
  const home = new Home(t);
  const { url, got } = await stub(t, (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(`event: job\ndata: ${JSON.stringify(job())}\n\n`);
  });
  const child = home.start(["logs", "-f", ID], { OUTPOST_URL: url, OUTPOST_API_KEY: KEY });
  let err = "";
  child.stderr.on("data", data => {
    err += data;
    if (/is pending/.test(String(data))) child.kill("SIGINT");
  });
  const code = await new Promise(done => child.on("close", done));
  assert.equal(code, 130);
  assert.match(err, /The job still runs/);
  assert.ok(got.every(one => one.method === "GET"));
});

test("webhooks listen forwards what happens from then on, once, signed", async t => {
  const home = new Home(t);
  const old = job({ job_id: "01OLD", status: "succeeded", attempts: 1 });
  const open = job({ job_id: "01OPEN", status: "running", attempts: 1 });
  const after = { job_id: "01OPEN", status: "running", attempts: 2, created_at: "2026-11-01T00:00:00.000Z" };
  let looks = 0;
  let isOver = false;
  const moments = [
    { at: "2026-11-30T05:00:00.000Z", event: "running", attempt: 1 },
    { at: "2026-11-30T06:00:01.000Z", event: "running", attempt: 2 },
  ];
  const { url } = await stub(t, ({ path }, response) => {
    if (path.includes("timeline")) return json(response, 200, { data: path.includes("01NEW") ? [{ ...moments[0], event: "failed" }] : moments });
    if (!path.includes("status=")) looks++;
    if (looks === 2 && !isOver) return ((isOver = true), void problem(response, 500, "internal")); // passes by
    const now = looks === 1 ? open : job(after);
    const fresh = looks === 1 ? [] : [job({ job_id: "01NEW", status: "failed", command: "Grüße" })];
    json(response, 200, { data: path.includes("status=") ? [now] : [...fresh, now, old], next_cursor: null });
  });
  const receiver = await stub(t, (_, response) => response.writeHead(204).end());
  const secret = `whsec_${Buffer.from("a secret of some length").toString("base64")}`;
  const environment = { OUTPOST_URL: url, OUTPOST_API_KEY: KEY, OUTPOST_WEBHOOK_SECRET: secret };
  const args = ["webhooks", "listen", "--forward-to", receiver.url, "-e", "job.running", "-e", "job.failed", "--every", "1s", "--json"];
  const child = home.start(args, environment);
  let out = "";
  child.stdout.on("data", data => (out += data));
  const waiting = setInterval(() => looks >= 5 && child.kill("SIGTERM"), 50); // nothing new in the last two
  await new Promise(done => child.on("close", done));
  clearInterval(waiting);
  const told = receiver.got.map(({ body, headers }) => {
    const { type, data } = verifyWebhook(secret, body, headers);
    return `${headers["webhook-id"]} ${type} ${data.command}`;
  });
  assert.deepEqual(told, ["01NEW-failed job.failed Grüße", "01OPEN-running-2 job.running Say hello"]);
  assert.deepEqual(out.trim().split("\n").map(line => JSON.parse(line).status), [204, 204]);
});

test("artifacts go to a folder or, one, to standard output", async t => {
  const home = new Home(t);
  const sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"; // of hello
  const { url } = await stub(t, ({ path }, response) => {
    if (path === "/store") response.end("hello");
    else json(response, 200, { data: [{ path: "a/b.txt", size_bytes: 5, sha256, url: `${url}/store` }], left_out: 0 });
  });
  const environment = { OUTPOST_URL: url, OUTPOST_API_KEY: KEY };
  await mkdir(join(home.folder, "out"));
  const got = await home.run(["artifacts", "get", ID, "-o", "out"], environment);
  assert.equal(got.code, 0, got.err);
  assert.equal(await readFile(join(home.folder, "out/a/b.txt"), "utf8"), "hello");
  assert.equal((await home.run(["artifacts", "get", ID, "a/b.txt", "-o", "-"], environment)).out, "hello");
  const missing = await home.run(["artifacts", "get", ID, "none"], environment);
  assert.match(missing.err, /left no none\.\n  See `outpost artifacts list`/);
});

test("usage tells what ran by a label, and what ran without", async t => {
  const home = new Home(t);
  const usage = {
    tier: "pro",
    period_start: "2026-11-01T00:00:00.000Z",
    period_end: "2026-12-01T00:00:00.000Z",
    used: 3,
    limit: null,
    groups: [{ name: "payments", jobs: 2, cost_usd: 0.25 }],
    ungrouped: { jobs: 1, cost_usd: 0 },
  };
  const { url, got } = await stub(t, (_, response) => json(response, 200, usage));
  const environment = { OUTPOST_URL: url, OUTPOST_API_KEY: KEY };
  const { code, out } = await home.run(["usage", "--by", "label:team", "--period", "2026-11"], environment);
  assert.equal(code, 0);
  assert.equal(got.at(-1)!.path, "/billing/usage?group_by=label%3Ateam&period=2026-11");
  assert.deepEqual(out.split("\n").slice(1, 3), ["payments  2     0.25", "(others)  1     0"]);
  assert.notEqual((await home.run(["usage", "--by", "colour"], environment)).code, 0);
});

test("a job's end is the program's exit code", () => {
  const ended = (more: object) => exitCode(job(more) as never);
  assert.equal(ended({ status: "succeeded", exit_code: 0 }), 0);
  assert.equal(ended({ status: "failed", exit_code: 55 }), 55);
  assert.equal(ended({ status: "failed", exit_code: null }), 1);
  assert.equal(ended({ status: "cancelled", exit_code: null }), 1);
  assert.equal(ended({ status: "dead_letter", exit_code: null }), 1);
});

test("there is a remedy for every code of the API's page", async () => {
  const page = await readFile(new URL("../../../../docs/api.md", import.meta.url), "utf8");
  const codes = [...page.matchAll(/^\| `([a-z-]+)` \| \d{3} \|/gm)].map(([, code]) => code);
  assert.deepEqual(Object.keys(REMEDIES).sort(), codes.sort());
});

test("every command, argument and option says what it is for, and none takes a key or a secret's value", () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  for (const command of all(program())) {
    assert.ok(command.description() || command.summary(), command.name());
    for (const option of command.options) assert.ok(option.description, `${command.name()} ${option.flags}`);
    for (const argument of command.registeredArguments) assert.ok(argument.description, `${command.name()} ${argument.name()}`);
    for (const option of command.options) assert.doesNotMatch(option.flags, /--(api-)?key\b|--token|--value/);
  }
});

test("words are completed", async t => {
  const after = (...words: string[]) => candidates(program(), words);
  assert.deepEqual(after("log"), ["login", "logout", "logs"]);
  assert.deepEqual(after("jobs", ""), ["list", "get"]);
  assert.deepEqual(after("run", "--pri"), ["--priority"]);
  assert.deepEqual(after("run", "--priority", ""), ["low", "normal", "high"]);
  assert.deepEqual(after("run", "--agent", "claude", "--js"), ["--json"]);
  assert.deepEqual(after("jobs", "--mo"), ["--mode"]);
  assert.deepEqual(after("jobs", "list", "--mode", ""), ["live", "test"]);
  assert.deepEqual(after("jobs", "get", "--mo"), []);
  assert.deepEqual(after("completion", ""), ["bash", "zsh", "fish"]);
  const home = new Home(t);
  const { out } = await home.run(["completion", "bash"]);
  // Completes as bash does, with a function in place of the program.
  const script = `outpost() { '${process.execPath}' '${MAIN}' "$@"; }
${out}
COMP_WORDS=(outpost artifacts g) COMP_CWORD=2; _outpost; printf '%s' "\${COMPREPLY[*]}"`;
  const completed = await new Promise(done => execFile("bash", ["-c", script], (_, text) => done(text)));
  assert.equal(completed, "get");
});

test("what others wrote cannot steer the terminal", () => {
  assert.equal(plain("a\u001b]0;x\u0007b\rc\u202ed\te\n"), "a\ufffd]0;x\ufffdb\ufffdc\ufffdd\te\n");
});

test("times are RFC 3339 or so long from now", () => {
  assert.equal(time(1)("2026-12-01T06:00:00+01:00"), "2026-12-01T05:00:00.000Z");
  const soon = Date.parse(time(1)("2h")) - Date.now();
  assert.ok(soon > 7_100_000 && soon <= 7_200_000);
  assert.throws(() => time(1)("tomorrow"));
});
