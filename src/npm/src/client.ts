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
  /** Where Outpost is, such as `https://outpost.example.com`. */
  url: string;
  /** An API key, `op_live_…` or `op_test_…`. */
  key: string;
  /** What goes before this package's name in `User-Agent`. */
  userAgent?: string;
}

export interface SubmitOptions {
  /** Makes it safe to submit again from another process; one is made when left out, which covers the repetitions here. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

const UNTIL_AN_ANSWER = 60_000; // longer than a request may wait at Outpost

/**
 * Outpost for one API key. `api` has every operation of the contract with its types; the methods are what customers do
 * most. All repeat what may be repeated; methods throw an {@link OutpostError} for what is refused, `api` gives it as
 * `error`.
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

  /** Whose key this is and what it may. */
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

  /** A job; with `wait`, once it has ended or that many seconds (25 at most) are over. */
  async job(jobId: string, { wait, signal }: { wait?: number; signal?: AbortSignal } = {}): Promise<Job> {
    return answer(this.api.GET("/jobs/{job_id}", { params: { path: { job_id: jobId }, query: { wait } }, signal }));
  }

  /** A job, once it has ended. */
  async wait(jobId: string, { signal }: { signal?: AbortSignal } = {}): Promise<Job> {
    for (;;) {
      const job = await this.job(jobId, { wait: 25, signal });
      if (hasEnded(job)) return job;
    }
  }

  /** Cancels a job; one that is cancelled already is what was asked for. */
  async cancel(jobId: string): Promise<Job> {
    try {
      return await answer(this.api.DELETE("/jobs/{job_id}", { params: { path: { job_id: jobId } } }));
    } catch (refusal) {
      const job = refusal instanceof OutpostError && refusal.status === 409 ? await this.job(jobId) : undefined;
      if (job?.status === "cancelled") return job;
      throw refusal;
    }
  }

  /** Every entry of a list of the contract, such as `/jobs`, over as many pages as there are. */
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

  /** What happens to a job and what its agent prints, as it happens, to its end; by the way that gets through. */
  follow(jobId: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<JobEvent> {
    return follow(this.source, jobId, (id, signal) => this.job(id, { wait: 25, signal }), options);
  }

  /** A job's Server-Sent Events; cut connections are taken up again behind the last event. */
  events(jobId: string, options: FollowOptions = {}): AsyncGenerator<JobEvent> {
    return events(this.source, jobId, options);
  }

  /** What a job prints, from an offset on, by requests that wait. */
  output(jobId: string, options: { from?: number; signal?: AbortSignal } = {}): AsyncGenerator<OutputPiece> {
    return output(this.source, jobId, options);
  }

  /** Uploads a file (`openAsBlob` of node:fs opens one) and gives its `input_id`, for the `inputs` of jobs. */
  async upload(file: Blob, { idempotencyKey }: SubmitOptions = {}): Promise<string> {
    const body = { size_bytes: file.size, sha256: await sha256(file) };
    const header = idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey };
    const link = await answer(this.api.POST("/inputs", { params: { header }, body }));
    await put(this.sender, link, file);
    return link.input_id;
  }

  /** The files that a job's agent left under artifacts/. */
  async artifacts(jobId: string): Promise<Artifact[]> {
    return (await answer(this.api.GET("/jobs/{job_id}/artifacts", { params: { path: { job_id: jobId } } }))).data;
  }

  /** Writes an artifact below a folder and checks it by its hash; the path. */
  save(artifact: Artifact, folder: string): Promise<string> {
    return save(this.sender, artifact, folder);
  }

  /** An artifact's bytes; the stream fails at its end when they are not what the hash says. */
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

/** What a call of `api` answered; throws an {@link OutpostError} when it was refused. */
export async function answer<T>(call: Promise<Result<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw OutpostError.from(response, error);
  return data as T;
}
