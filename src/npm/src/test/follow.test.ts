import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { Outpost, type JobEvent } from "../index.js";
import { hasty, job, json, KEY, problem, stub, type Got } from "./stub.js";

const ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const TEXT = "Grüße\n";
const FOREIGN = Buffer.from([0xff, 0x00, 0x0a]);

// The events of a job with two attempts.
const MESSAGES = [
  ["a", "job", job({ status: "running", attempts: 1 })],
  ["b", "output", { offset: 0, text: "half", attempt: 1 }],
  ["c", "job", job({ status: "running", attempts: 2 })],
  ["d", "output", { offset: 0, text: TEXT, attempt: 2 }],
  ["e", "output", { offset: Buffer.byteLength(TEXT), base64: FOREIGN.toString("base64"), attempt: 2 }],
  ["f", "end", job({ status: "succeeded", attempts: 2, exit_code: 0 })],
] as const;

/** The bytes of the stream behind an id. */
function streamBehind(id: string | undefined): Buffer {
  const behind = MESSAGES.slice(MESSAGES.findIndex(([first]) => first === id) + 1);
  const texts = behind.map(([id, event, data]) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  return Buffer.from(`retry: 1000\n\n: still here\n\n${texts.join("")}`);
}

function stream({ headers }: Got, response: ServerResponse, cutAt = Infinity): void {
  const id = headers["last-event-id"] as string | undefined;
  if (id === "f") {
    response.writeHead(204).end();
    return;
  }
  const whole = streamBehind(id);
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (cutAt >= whole.length) response.end(whole);
  else response.write(whole.subarray(0, cutAt), () => response.destroy());
}

async function all(events: AsyncIterable<JobEvent>): Promise<string[]> {
  const told: string[] = [];
  for await (const event of events) {
    if (event.type === "output") {
      told.push(`${event.attempt}@${event.offset} ${Buffer.from(event.bytes).toString("hex")}`);
    } else {
      told.push(`${event.type} ${event.job.status} ${event.job.attempts}`);
    }
  }
  return told;
}

const WHOLE = [
  "job running 1",
  `1@0 ${Buffer.from("half").toString("hex")}`,
  "job running 2",
  `2@0 ${Buffer.from(TEXT).toString("hex")}`,
  `2@${Buffer.byteLength(TEXT)} ${FOREIGN.toString("hex")}`,
  "end succeeded 2",
];

test("a stream that is cut, wherever that is, has no gap and no double", async t => {
  let cutAt = 0;
  let isFirst = true;
  const { url } = await stub(t, (got, response) => {
    stream(got, response, isFirst ? cutAt : undefined);
    isFirst = false;
  });
  const outpost = new Outpost({ url, key: KEY, ...hasty() });
  for (; cutAt <= streamBehind(undefined).length; cutAt++) {
    isFirst = true;
    assert.deepEqual(await all(outpost.events(ID)), WHOLE, `cut at ${cutAt}`);
  }
});

test("a stream goes on behind an id that the caller kept, and is over when it was over", async t => {
  const { url } = await stub(t, stream);
  const outpost = new Outpost({ url, key: KEY });
  assert.deepEqual(await all(outpost.events(ID, { lastEventId: "d" })), WHOLE.slice(4));
  assert.deepEqual(await all(outpost.events(ID, { lastEventId: "f" })), []);
});

test("a job that is not there is an error at once", async t => {
  const { url, got } = await stub(t, (_, response) => problem(response, 404, "not-found"));
  await assert.rejects(all(new Outpost({ url, key: KEY }).events(ID)), { code: "not-found" });
  assert.equal(got.length, 1);
});

test("a stream that always breaks off is an error in the end", async t => {
  const { url, got } = await stub(t, (got, response) => stream(got, response, 5));
  const outpost = new Outpost({ url, key: KEY, ...hasty() });
  await assert.rejects(all(outpost.events(ID, { breaks: 3 })), /does not answer/);
  assert.equal(got.length, 4);
});

/** A gateway that lets no stream through, before a job whose agent is started again after five bytes. */
function gateway(printed = ["half ", "whole\n"]): (got: Got, response: ServerResponse) => void {
  let attempt = 1;
  return ({ path }, response) => {
    const from = Number(/from=(\d+)/.exec(path)?.[1] ?? 0);
    if (path.includes("/events")) {
      response.writeHead(503, { "content-type": "application/json" }).end('{"message":"Service Unavailable"}');
    } else if (path.includes("/output")) {
      const output = printed[attempt - 1]!;
      const piece = output.slice(from, from + 4);
      const headers = {
        "x-output-attempt": String(attempt),
        "x-output-offset": String(from + piece.length),
        "x-output-complete": String(attempt === 2 && from + piece.length >= output.length),
      };
      response.writeHead(200, headers).end(piece);
      if (from + piece.length >= output.length) attempt = 2;
    } else {
      json(response, 200, job({ status: "failed", attempts: 2, exit_code: 3 }));
    }
  };
}

test("where no stream gets through, requests that wait tell the same", async t => {
  const { url, got } = await stub(t, gateway());
  const told = await all(new Outpost({ url, key: KEY, ...hasty() }).follow(ID));
  const hex = (text: string) => Buffer.from(text).toString("hex");
  assert.deepEqual(told, [`1@0 ${hex("half")}`, `1@4 ${hex(" ")}`, `2@0 ${hex("whol")}`, `2@4 ${hex("e\n")}`, "end failed 2"]);
  assert.equal(got.filter(({ path }) => path.includes("/events")).length, 1); // it does not insist
});

test("output goes on from an offset, over answers that break off", async t => {
  const output = Buffer.from("0123456789");
  const { url, got } = await stub(t, ({ path }, response) => {
    const from = Number(/from=(\d+)/.exec(path)![1]);
    const to = Math.min(from + 4, output.length);
    const headers = { "x-output-attempt": "1", "x-output-offset": String(to), "x-output-complete": String(to === output.length) };
    if (got.length === 2) {
      response.writeHead(200, { ...headers, "content-length": "4" });
      response.write(output.subarray(from, from + 2), () => response.destroy());
    } else {
      response.writeHead(200, headers).end(output.subarray(from, to));
    }
  });
  const pieces: string[] = [];
  for await (const { bytes } of new Outpost({ url, key: KEY, ...hasty() }).output(ID, { from: 1 })) {
    pieces.push(Buffer.from(bytes).toString());
  }
  assert.deepEqual(pieces, ["1234", "5678", "9"]);
});
