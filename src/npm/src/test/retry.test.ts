import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { Outpost, OutpostError, UnreachableError } from "../index.js";
import { Sender } from "../retry.js";
import { hasty, job, json, KEY, problem, stub } from "./stub.js";

const TASK = { agent: "claude", command: "Say hello" };

for (const [how, fail] of Object.entries<(response: ServerResponse) => void>({
  "was cut off": response => void response.destroy(),
  "met a fault": response => problem(response, 503, "unavailable"),
})) {
  test(`a submission that ${how} is sent again under the same key`, async t => {
    const { url, got } = await stub(t, (_, response) => {
      if (got.length === 1) fail(response);
      else if (got.length === 2) problem(response, 409, "conflict"); // the first is still at work
      else json(response, 202, job());
    });
    const outpost = new Outpost({ url, key: KEY, ...hasty() });
    assert.equal((await outpost.submit(TASK)).status, "pending");
    assert.equal(got.length, 3);
    assert.equal(new Set(got.map(one => one.headers["idempotency-key"])).size, 1);
    assert.match(String(got[0]!.headers["idempotency-key"]), /^[0-9a-f-]{36}$/);
    assert.deepEqual(new Set(got.map(one => one.body)), new Set([JSON.stringify(TASK)]));
  });
}

test("a submission that conflicts from the first is an error at once", async t => {
  const { url, got } = await stub(t, (_, response) => problem(response, 409, "limit-reached"));
  await assert.rejects(new Outpost({ url, key: KEY, ...hasty() }).submit(TASK), { code: "limit-reached" });
  assert.equal(got.length, 1);
});

test("two submissions have two keys, and a key that is given is kept", async t => {
  const { url, got } = await stub(t, (_, response) => json(response, 202, job()));
  const outpost = new Outpost({ url, key: KEY });
  await outpost.submit(TASK);
  await outpost.submit(TASK);
  await outpost.submit(TASK, { idempotencyKey: "mine" });
  const keys = got.map(one => one.headers["idempotency-key"]);
  assert.notEqual(keys[0], keys[1]);
  assert.equal(keys[2], "mine");
});

test("Retry-After is waited for, and one that is too long is handed on", async t => {
  let after = "7";
  const { url, got } = await stub(t, (_, response) => {
    if (got.length % 2 === 1) problem(response, 429, "rate-limited", {}, { "retry-after": after });
    else json(response, 200, job());
  });
  const { waits, sleep } = hasty();
  const outpost = new Outpost({ url, key: KEY, sleep });
  await outpost.job("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  assert.deepEqual(waits, [7]);
  after = "3600";
  await assert.rejects(outpost.job("01ARZ3NDEKTSV4RRFFQ69G5FAV"), { code: "rate-limited", status: 429 });
  assert.equal(got.length, 3);
});

test("a refusal is an error at once, with its problem", async t => {
  const errors = [{ field: "agent", detail: "must be one of claude, codex" }];
  const { url, got } = await stub(t, (_, response) => problem(response, 400, "invalid-request", { errors }));
  const outpost = new Outpost({ url, key: KEY, ...hasty() });
  await assert.rejects(outpost.submit(TASK), (failure: OutpostError) => {
    assert.deepEqual([failure.code, failure.requestId, failure.problem.errors], ["invalid-request", "01REQUEST", errors]);
    return true;
  });
  assert.equal(got.length, 1);
});

test("what might happen twice is not repeated, unless it cannot have happened", async t => {
  let status = 503;
  const { url, got } = await stub(t, (_, response) => problem(response, status, "unavailable"));
  const sender = new Sender({ attempts: 3, ...hasty() });
  const make = () => new Request(url, { method: "POST", body: "{}" });
  await sender.send(make);
  assert.equal(got.length, 1);
  status = 429;
  await sender.send(make);
  assert.equal(got.length, 1 + 3);
});

test("it gives up after so many attempts and says which place does not answer", async () => {
  const { waits, sleep } = hasty();
  const outpost = new Outpost({ url: "http://127.0.0.1:1", key: KEY, attempts: 3, sleep });
  await assert.rejects(outpost.job("x"), (failure: Error) => {
    assert.ok(failure instanceof UnreachableError);
    assert.match(failure.message, /^http:\/\/127\.0\.0\.1:1 does not answer: /);
    return true;
  });
  assert.equal(waits.length, 2);
});

test("pauses grow to a limit and are a random part of what they could be", () => {
  const [least, most] = [0, 1].map(random => new Sender({ random: () => random }));
  assert.deepEqual([1, 2, 3, 9].map(n => most!.backoff(n)), [500, 1000, 2000, 8000]);
  assert.deepEqual([1, 2, 3, 9].map(n => least!.backoff(n)), [250, 500, 1000, 4000]);
});

test("whoever stops waiting does not wait", async t => {
  const { url } = await stub(t, (_, response) => problem(response, 503, "unavailable", {}, { "retry-after": "60" }));
  const stop = new AbortController();
  const outpost = new Outpost({ url, key: KEY, onRetry: () => stop.abort() });
  await assert.rejects(outpost.job("x", { signal: stop.signal }), { name: "AbortError" });
});

test("cancelling a job that is cancelled already is no error, one that has ended is", async t => {
  let status = "cancelled";
  const { url } = await stub(t, (got, response) => {
    if (got.method === "DELETE") problem(response, 409, "conflict");
    else json(response, 200, job({ status }));
  });
  const outpost = new Outpost({ url, key: KEY });
  assert.equal((await outpost.cancel("x")).status, "cancelled");
  status = "succeeded";
  await assert.rejects(outpost.cancel("x"), { code: "conflict" });
});

test("a list is read page by page, past empty ones, and no further than wanted", async t => {
  const pages: Record<string, object> = {
    "": { data: [job({ command: "1" })], next_cursor: "a" },
    a: { data: [], next_cursor: "b" },
    b: { data: [job({ command: "2" }), job({ command: "3" })], next_cursor: "c" },
    c: { data: [job({ command: "4" })], next_cursor: null },
  };
  const { url, got } = await stub(t, ({ path }, response) => {
    json(response, 200, pages[new URLSearchParams(path.split("?")[1]).get("cursor") ?? ""]);
  });
  const outpost = new Outpost({ url, key: KEY });
  const query = { status: ["pending" as const, "running" as const], label: ["team:payments"] };
  const commands: string[] = [];
  for await (const { command } of outpost.list("/jobs", { query })) commands.push(command);
  assert.deepEqual(commands, ["1", "2", "3", "4"]);
  for (const { path } of got) assert.match(path, /status=pending&status=running&label=team(:|%3A)payments/);
  for await (const { command } of outpost.list("/jobs")) if (command === "3") break;
  assert.equal(got.length, 4 + 3);
});
