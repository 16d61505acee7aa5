// Runs each block of docs/cli.md that says "tried", as a customer would paste it, with the package that was packed and
// installed. Usage: cli.mjs <folder>, which has installed/ and home/ in it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const folder = resolve(process.argv[2]);
const { OUTPOST_URL: url, OUTPOST_ADMIN_KEY: admin, PATH: path } = process.env;
const home = join(folder, "home");
const page = readFileSync("docs/cli.md", "utf8");
const blocks = language => [...page.matchAll(new RegExp(`^\`\`\`${language} tried\n(.*?)^\`\`\`$`, "gms"))].map(([, block]) => block);

async function call(path, body) {
  const headers = { authorization: `Bearer ${admin}`, "content-type": "application/json" };
  const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(response.status, 201, path);
  return response.json();
}

const tenant = await call("/tenants", { name: "CLI", email: "dev@cli.example", tier: "enterprise" });
const scopes = ["jobs:read", "jobs:write", "tenant:read", "tenant:write", "secrets:write", "billing"];
const { key } = await call(`/tenants/${tenant.tenant_id}/api-keys`, { name: "cli", scopes });

/** Runs a program; its standard output, and both together. */
async function run(command, args, more = {}) {
  const bin = join(folder, "installed/node_modules/.bin");
  const env = { PATH: `${bin}:${path}`, HOME: home, OUTPOST_URL: url, ANTHROPIC_API_KEY: "sk-of-the-cli", ...more };
  const child = spawn(command, args, { env, cwd: home });
  const told = { child, out: "", all: "" };
  child.stdout.on("data", data => ((told.out += data), (told.all += data)));
  child.stderr.on("data", data => (told.all += data));
  told.ended = once(child, "close").then(([code]) => code);
  return told;
}

async function must(command, args, more) {
  const told = await run(command, args, more);
  const code = await told.ended;
  assert.equal(code, 0, `${args.join(" ")} ended with ${code}:\n${told.all}`);
  assert.ok(!told.all.includes(key), "the key is printed");
  return told;
}

writeFileSync(join(home, "key.txt"), `${key}\n`, { mode: 0o600 });

// All blocks of the page, in one shell.
const shell = await must("bash", ["-euo", "pipefail", "-c", blocks("bash").join("\n")]);
assert.match(shell.out, new RegExp(`tenant +${tenant.tenant_id}`));
assert.match(shell.out, /demo claude: no model is called; this is what I was asked:\nSay hello, then sleep 2 seconds\n/);
assert.match(shell.out, /results\/task\.txt/);
assert.match(shell.all, /has been cancelled/);
assert.match(shell.out, /TEAM +JOBS +COST USD\npayments +[12] /);
assert.equal(readFileSync(join(home, "results/task.txt"), "utf8"), "Sum the orders\n");
assert.match(readFileSync(join(home, "ci-key.txt"), "utf8"), /^op_test_[0-9a-f]{32}\n$/);
assert.equal(statSync(join(home, ".config/outpost/credentials.json")).mode & 0o777, 0o600);

// Output comes while the job runs, not after it.
const live = await run("outpost", ["run", "-f", "--json", "-q", "Say hello, sleep 3, fail 7"]);
const events = [];
for await (const line of createInterface({ input: live.child.stdout })) events.push(JSON.parse(line));
assert.equal(await live.ended, 7);
const isBeforeTheEnd = events.findIndex(({ event }) => event === "output") < events.findIndex(({ job }) => job?.status === "failed");
assert.ok(isBeforeTheEnd && events.at(-1).event === "end" && events.at(-1).job.exit_code === 7);

// The three ways to follow a job give the same bytes, and a stream that the client broke off continues where it was.
const { Outpost } = await import(join(folder, "installed/node_modules/@outpost/client/dist/index.js"));
const outpost = new Outpost({ url, key });
const { job_id } = await outpost.submit({ agent: "claude", command: "print 40k bytes, sleep 2, print 40k bytes" });
const joined = async events => {
  const bytes = [];
  for await (const event of events) if (event.bytes) bytes.push(event.bytes);
  return Buffer.concat(bytes).toString();
};
async function* brokenOff() {
  let lastEventId;
  for (let isOver = false; !isOver; ) {
    let told = 0;
    for await (const event of outpost.events(job_id, { lastEventId })) {
      lastEventId = event.id;
      isOver = event.type === "end";
      yield event;
      if (++told === 2) break;
    }
  }
}
const ways = await Promise.all([outpost.follow(job_id), outpost.output(job_id), brokenOff()].map(joined));
const { data: whole } = await outpost.api.GET("/jobs/{job_id}/output", { params: { path: { job_id } }, parseAs: "text" });
assert.ok(whole.length > 80_000);
for (const [place, way] of ways.entries()) assert.ok(way === whole, `way ${place} has ${way.length} of ${whole.length} bytes`);

// A program with the SDK, and a receiver of what `webhooks listen` forwards.
const [program, receiver] = blocks("js");
mkdirSync(join(folder, "installed/programs"), { recursive: true });
for (const [name, text] of Object.entries({ program, receiver })) {
  writeFileSync(join(folder, `installed/programs/${name}.mjs`), text);
}
// The package's types are those of the contract, and a program written with them compiles.
const tools = join(folder, "src/npm/node_modules");
const programs = ["program", "receiver"].map(name => join(folder, `installed/programs/${name}.mjs`));
const check = ["--noEmit", "--allowJs", "--checkJs", "--module", "nodenext", "--target", "es2023", "--types", "node"];
await must("node", [join(tools, "typescript/bin/tsc"), ...check, "--typeRoots", join(tools, "@types"), ...programs]);
const sdk = await must("node", [join(folder, "installed/programs/program.mjs")], { OUTPOST_API_KEY: key });
assert.match(sdk.out, /Sum the orders\n.*succeeded 0\n.*field: 'agent'.*'submitted'.*'running'.*'succeeded'/s);

const port = await new Promise(done => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});
const secret = `whsec_${Buffer.from("a secret of this run alone").toString("base64")}`;
const more = { OUTPOST_WEBHOOK_SECRET: secret, PORT: String(port) };
const receiving = await run("node", [join(folder, "installed/programs/receiver.mjs")], more);
const listening = await run("outpost", ["webhooks", "listen", "--forward-to", `http://localhost:${port}/`, "--every", "1s"], more);
await until(() => /Forwarding to/.test(listening.all));
const job = (await must("outpost", ["run", "-q", "Say hello"])).out.trim();
await until(() => listening.out.includes(job));
listening.child.kill("SIGTERM");
receiving.child.kill("SIGTERM");
assert.equal(await listening.ended, 0, listening.all);
assert.match(listening.out, new RegExp(`job\\.succeeded +${job} +204 `));
assert.match(receiving.out, new RegExp(`job\\.succeeded ${job}`));

// The same receiver accepts what Outpost itself delivers.
const made = await outpost.api.POST("/tenants/{tenant_id}/webhooks", {
  params: { path: { tenant_id: tenant.tenant_id } },
  body: { url: `http://127.0.0.1:${port}/`, events: ["job.succeeded"] },
});
assert.ok(made.data, JSON.stringify(made.error)); // loopback must be allowed (OUTPOST_WEBHOOKS_ALLOW_LOOPBACK)
const real = await run("node", [join(folder, "installed/programs/receiver.mjs")], {
  OUTPOST_WEBHOOK_SECRET: made.data.secret,
  PORT: String(port),
});
const delivered = await outpost.submit({ agent: "claude", command: "Say hello" });
await until(() => real.out.includes(`job.succeeded ${delivered.job_id}`));
real.child.kill("SIGTERM");

// Errors say what to do.
const refused = await run("outpost", ["run", "-a", "nobody", "Say hello"]);
assert.equal(await refused.ended, 125);
assert.match(refused.all, /^outpost: .* \(400\)\n {4}agent: .*\n {2}Correct what is named above\.\n {2}Request /);
const unknown = await run("outpost", ["jobs"], { OUTPOST_API_KEY: `op_live_${"0".repeat(32)}` });
assert.equal(await unknown.ended, 125);
assert.match(unknown.all, /\(401\)\n.*\n {2}Run `outpost login`/);
console.log("cli: what docs/cli.md shows works");

async function until(isSo) {
  for (const end = Date.now() + 120_000; !isSo(); ) {
    assert.ok(Date.now() < end, listening.all + receiving.all);
    await new Promise(done => setTimeout(done, 50));
  }
}
