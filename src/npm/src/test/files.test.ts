import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { Outpost, verifyWebhook, WebhookVerificationError } from "../index.js";
import { json, KEY, hasty, stub } from "./stub.js";

test("a file is uploaded behind its link: all of it, with its headers, again when it broke off, never with the key", async t => {
  const { url, got } = await stub(t, ({ method }, response) => {
    const headers = { "x-amz-meta-sha256": "of-the-link" };
    if (method === "POST") json(response, 201, { input_id: "01INPUT", url: `${url}/store`, headers });
    else if (got.length === 2) response.destroy();
    else response.writeHead(200).end();
  });
  const file = new Blob(["id;sum\n1;2\n"]);
  assert.equal(await new Outpost({ url, key: KEY, ...hasty() }).upload(file), "01INPUT");
  const asked = JSON.parse(got[0]!.body);
  assert.deepEqual(asked, { size_bytes: 11, sha256: createHash("sha256").update("id;sum\n1;2\n").digest("hex") });
  assert.equal(got.length, 3);
  const put = got[2]!;
  assert.deepEqual([put.method, put.body, put.headers["content-length"]], ["PUT", "id;sum\n1;2\n", "11"]);
  assert.equal(put.headers["x-amz-meta-sha256"], "of-the-link");
  assert.equal(put.headers.authorization, undefined);
});

test("an artifact is there when all of it is, and never outside of the folder", async t => {
  const { url, got } = await stub(t, (_, response) => response.end("report"));
  const folder = await mkdtemp(join(tmpdir(), "outpost-"));
  t.after(() => rm(folder, { recursive: true }));
  const outpost = new Outpost({ url, key: KEY });
  const sha256 = createHash("sha256").update("report").digest("hex");
  const path = await outpost.save({ path: "a/report.md", size_bytes: 6, sha256, url }, folder);
  assert.equal(await readFile(path, "utf8"), "report");
  assert.equal(got[0]!.headers.authorization, undefined);
  await assert.rejects(outpost.save({ path: "b/other.md", size_bytes: 6, sha256: "0".repeat(64), url }, folder), /hash/);
  assert.deepEqual(await readdir(join(folder, "b")), []);
  for (const hostile of ["../x", "a/../../x", "/etc/x", ""]) {
    await assert.rejects(outpost.save({ path: hostile, size_bytes: 6, sha256, url }, folder), /outside/);
  }
});

test("a webhook is read when its signature and its age are right", () => {
  const secret = `whsec_${Buffer.from("a secret of some length").toString("base64")}`;
  const body = '{"type":"job.succeeded","timestamp":"2026-11-30T06:00:00.000Z","data":{"job_id":"01"}}';
  const signed = (at: Date) => ({
    "Webhook-Id": "01EVENT",
    "Webhook-Timestamp": String(Math.floor(at.getTime() / 1000)),
    "Webhook-Signature": new Webhook(secret).sign("01EVENT", at, body),
  });
  const now = signed(new Date());
  assert.equal(verifyWebhook(secret, body, now).data.job_id, "01");
  assert.equal(verifyWebhook(secret, Buffer.from(body), new Headers(now)).type, "job.succeeded");
  const wrong: [string, string, Record<string, string>][] = [
    [secret, body.replace("succeeded", "failed"), now],
    [`whsec_${Buffer.from("another secret").toString("base64")}`, body, now],
    [secret, body, signed(new Date(Date.now() - 6 * 60_000))],
    [secret, body, signed(new Date(Date.now() + 6 * 60_000))],
    [secret, body, { ...now, "Webhook-Id": "01OTHER" }],
    [secret, body, {}],
  ];
  for (const [secret, body, headers] of wrong) {
    assert.throws(() => verifyWebhook(secret, body, headers), WebhookVerificationError);
  }
});
