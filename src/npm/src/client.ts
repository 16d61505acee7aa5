import { randomUUID } from "node:crypto";
import createClient, { type Client } from "openapi-fetch";
import type { paths } from "./contract.js";
import { OutpostError } from "./errors.js";
import { events, follow, output, type FollowOptions, type Source } from "./follow.js";
import { open, put, save, sha256 } from "./inputs.js";
import { Sender, type RetryOptions } from "./retry.js";
import {
  hasEnded,
  type Artifact,
  type Job,
  type JobEvent,
  type JobRequest,
  type ListEntry,
  type ListParams,
  type ListPath,
  type OutputPiece,
} from "./types.js";

export interface OutpostOptions extends RetryOptions {
  /** Outpost's address, such as `https://outpost.example.com`. */
  url: string;
  /** An API key, `op_live_…` or `op_test_…`. */
  key: string;
  /** Your program's name, which goes before this package's in `User-Agent`. */
  userAgent?: string;
}

export interface SubmitOptions {
  /** Makes it safe to submit again, from another process too. By default a new one, which covers only this call's repetitions. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

const UNTIL_AN_ANSWER = 60_000; // longer than a request may wait at Outpost

/**
 * A client for one API key. `api` has every operation of the contract with its types; the methods cover what customers
 * do most. Both repeat requests where that is safe. For a refusal methods throw an {@link OutpostError}; `api` returns it
 * as `error`.
 */
export class Outpost {
  readonly api: Client<paths>;
  private readonly sender: Sender;
  private readonly source: Source;
  private readonly url: string;

  constructor(private readonly options: OutpostOptions) {
    this.url = options.url.replace(/\/+$/, "");
    this.sender = new Sender(options);
    this.source = { sender: this.sender, request: (path, headers, signal) => this.request(path, headers, signal) };
    this.api = createClient<paths>({
      baseUrl: this.url,
      headers: this.credentials(),
      fetch: request => this.sender.send(() => request.clone(), { timeout: UNTIL_AN_ANSWER }),
    });
    this.api.use({
      onRequest({ request }) {
        if (request.method === "POST" && !request.headers.has("idempotency-key")) {
          request.headers.set("idempotency-key", randomUUID());
        }
        return request;
      },
    });
  }

  /** Whether the key is for tests: its jobs run the demo agent and are listed apart. */
  get isTest(): boolean {
    return this.options.key.startsWith("op_test_");
  }

  /** The key's tenant and its scopes. */
  async whoami(): Promise<{ tenantId: string; keyId: string; scopes: string[] }> {
    const response = await this.sender.send(() => this.request("/auth/verify"), { timeout: UNTIL_AN_ANSWER });
    if (!response.ok) throw await OutpostError.of(response);
    await response.body?.cancel();
    const header = (name: string) => response.headers.get(name) ?? "";
    return {
      tenantId: header("x-outpost-tenant"),
      keyId: header("x-outpost-key"),
      scopes: header("x-outpost-scopes").split(" ").filter(Boolean),
    };
  }

  async submit(body: JobRequest, { idempotencyKey, signal }: SubmitOptions = {}): Promise<Job> {
    const header = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
    return answer(this.api.POST("/jobs", { params: { header }, body, signal }));
  }

  /** Reads a job; with `wait`, after its end or after so many seconds, 25 at most. */
  async job(jobId: string, { wait, signal }: { wait?: number; signal?: AbortSignal } = {}): Promise<Job> {
    return answer(this.api.GET("/jobs/{job_id}", { params: { path: { job_id: jobId }, query: { wait } }, signal }));
  }

  /** Waits for a job's end and returns the job. */
  async wait(jobId: string, { signal }: { signal?: AbortSignal } = {}): Promise<Job> {
    for (;;) {
      const job = await this.job(jobId, { wait: 25, signal });
      if (hasEnded(job)) return job;
    }
  }

  /** Cancels a job. A job that is cancelled already is no error. */
  async cancel(jobId: string): Promise<Job> {
    try {
      return await answer(this.api.DELETE("/jobs/{job_id}", { params: { path: { job_id: jobId } } }));
    } catch (refusal) {
      const job = refusal instanceof OutpostError && refusal.status === 409 ? await this.job(jobId) : undefined;
      if (job?.status === "cancelled") return job;
      throw refusal;
    }
  }

  /** Every entry of a list of the contract, such as `/jobs`, over all its pages. */
  async *list<P extends ListPath>(path: P, params?: ListParams<P>): AsyncGenerator<ListEntry<P>> {
    const get = this.api.GET as unknown as (path: P, options: object) => Promise<Result<Page<ListEntry<P>>>>;
    for (let cursor: string | undefined; ; ) {
      const { query = {}, ...others } = (params ?? {}) as { query?: object };
      const page = await answer(get(path, { params: { ...others, query: { limit: 100, ...query, cursor } } }));
      yield* page.data;
      if (page.next_cursor === null) return;
      cursor = page.next_cursor;
    }
  }

  /** Changes of a job and its output, as they happen, until its end: by events, or by requests where events do not get through. */
  follow(jobId: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<JobEvent> {
    return follow(this.source, jobId, (id, signal) => this.job(id, { wait: 25, signal }), options);
  }

  /** A job's Server-Sent Events. After a cut connection the stream continues behind the last event. */
  events(jobId: string, options: FollowOptions = {}): AsyncGenerator<JobEvent> {
    return events(this.source, jobId, options);
  }

  /** A job's output from an offset on, by requests that wait (long poll). */
  output(jobId: string, options: { from?: number; signal?: AbortSignal } = {}): AsyncGenerator<OutputPiece> {
    return output(this.source, jobId, options);
  }

  /** Uploads a file (`openAsBlob` of node:fs opens one) and returns its `input_id`, for the `inputs` of jobs. */
  async upload(file: Blob, { idempotencyKey }: SubmitOptions = {}): Promise<string> {
    const body = { size_bytes: file.size, sha256: await sha256(file) };
    const header = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
    const link = await answer(this.api.POST("/inputs", { params: { header }, body }));
    await put(this.sender, link, file);
    return link.input_id;
  }

  /** Lists the files that a job's agent left under artifacts/. */
  async artifacts(jobId: string): Promise<Artifact[]> {
    return (await answer(this.api.GET("/jobs/{job_id}/artifacts", { params: { path: { job_id: jobId } } }))).data;
  }

  /** Writes an artifact below a folder, checks its hash, and returns its path. */
  save(artifact: Artifact, folder: string): Promise<string> {
    return save(this.sender, artifact, folder);
  }

  /** An artifact's bytes. The stream fails at its end when they do not match the hash. */
  open(artifact: Artifact) {
    return open(this.sender, artifact);
  }

  private credentials(): Record<string, string> {
    const agent = `${this.options.userAgent ? `${this.options.userAgent} ` : ""}outpost-node`;
    return { authorization: `Bearer ${this.options.key}`, "user-agent": agent };
  }

  private request(path: string, headers: Record<string, string> = {}, signal?: AbortSignal): Request {
    return new Request(this.url + path, { headers: { ...this.credentials(), ...headers }, signal });
  }
}

interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

type Result<T> = { data?: T; error?: unknown; response: Response };

/** The result of a call of `api`; throws an {@link OutpostError} when the call was refused. */
export async function answer<T>(call: Promise<Result<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw OutpostError.from(response, error);
  return data as T;
}
