import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { text } from "node:stream/consumers";

export interface Got {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export type Answer = (got: Got, response: ServerResponse) => void;

/** A local server that answers as a test wants and records its requests. */
export async function stub(test: TestContext, answer: Answer): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    const one = { method: request.method!, path: request.url!, headers: request.headers, body: await text(request) };
    got.push(one);
    answer(one, response);
  });
  await new Promise<void>(done => server.listen(0, "127.0.0.1", done));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

export function problem(response: ServerResponse, status: number, code: string, more: object = {}, headers = {}): void {
  const body = { type: `https://outpost.dev/problems/${code}`, title: "No", status, request_id: "01REQUEST", ...more };
  response.writeHead(status, { "content-type": "application/problem+json", ...headers }).end(JSON.stringify(body));
}

export const KEY = "op_live_0123456789abcdef0123456789abcdef";

/** A client that does not wait, and the waits in seconds that it would have made. */
export function hasty(): { waits: number[]; sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void> } {
  const waits: number[] = [];
  return {
    waits,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      waits.push(milliseconds / 1000);
    },
  };
}

export function job(more: object = {}): object {
  return {
    job_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    tenant_id: "6f1c1d1e-0000-4000-8000-000000000001",
    agent: "claude",
    command: "Say hello",
    status: "pending",
    attempts: 0,
    created_at: "2026-11-30T06:00:00.000Z",
    warnings: [],
    ...more,
  };
}
