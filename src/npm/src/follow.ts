import { createParser, type EventSourceMessage } from "eventsource-parser";
import { OutpostError, UnreachableError } from "./errors.js";
import type { Sender } from "./retry.js";
import { hasEnded, type Job, type JobEvent, type OutputPiece } from "./types.js";

/** What following a job needs: how to make a request, and how to send it. */
export interface Source {
  request(path: string, headers?: Record<string, string>, signal?: AbortSignal): Request;
  sender: Sender;
}

export interface FollowOptions {
  signal?: AbortSignal;
  /** The id of the last event that was received; the stream begins behind it. */
  lastEventId?: string;
  /** How often in a row the stream may break off without an event; 10 by default. */
  breaks?: number;
  /** Whether a missing stream is an error at once, for callers that then use another way. */
  orElse?: boolean;
}

/** There was no stream, for instance because a gateway buffers answers. */
export class NoStreamError extends Error {
  override readonly name = "NoStreamError";
}

const LONGEST_SILENCE = 45_000; // a comment comes every 15 s
const UNTIL_IT_BEGINS = 5_000; // the first bytes come at once
const WAIT = 25;

/** A job's Server-Sent Events behind `lastEventId`, until its end, over several connections where one is cut. */
export async function* events(source: Source, jobId: string, options: FollowOptions = {}): AsyncGenerator<JobEvent> {
  const stream = new EventStream(source, `/jobs/${encodeURIComponent(jobId)}/events`, options);
  for (let breaks = 0; ; ) {
    try {
      for await (const event of stream.connect()) {
        breaks = 0;
        yield event;
        if (event.type === "end") return;
      }
      if (stream.isOver) return;
    } catch (failure) {
      const isPassing = failure instanceof UnreachableError || (failure instanceof NoStreamError && !options.orElse);
      if (!isPassing || ++breaks > (options.breaks ?? 10)) throw failure;
    }
    await source.sender.wait("The stream was cut", source.sender.backoff(breaks + 1), options.signal);
  }
}

/** A stream that can continue over several connections. */
class EventStream {
  /** Whether there are no more events: the answer was 204. */
  isOver = false;
  private last: string | undefined;

  constructor(
    private readonly source: Source,
    private readonly path: string,
    private readonly options: FollowOptions,
  ) {
    this.last = options.lastEventId;
  }

  async *connect(): AsyncGenerator<JobEvent> {
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, ...(this.options.signal ? [this.options.signal] : [])]);
    try {
      const response = await this.open(signal);
      if (response.status === 204) {
        this.isOver = true;
        return;
      }
      for await (const message of messages(response.body!)) {
        if (message.id !== undefined) this.last = message.id;
        const event = toEvent(message);
        if (event) yield event;
      }
    } finally {
      cut.abort();
    }
  }

  private async open(signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (this.last !== undefined) headers["last-event-id"] = this.last;
    const request = this.source.request(this.path, headers, signal);
    const response = await this.source.sender.once(request, { timeout: UNTIL_IT_BEGINS }).catch(failure => {
      if (failure instanceof UnreachableError && /in time/.test(failure.message)) throw new NoStreamError(failure.message);
      throw failure;
    });
    if (response.status === 204 || (response.ok && response.headers.get("content-type")?.startsWith("text/event-stream"))) {
      return response;
    }
    const refusal = await OutpostError.of(response);
    const isPassing = response.status >= 500 || response.status === 429;
    if (!isPassing && !response.ok) throw refusal;
    throw new NoStreamError(refusal.message);
  }
}

/** The messages of one answer, until it ends, breaks off or is silent for too long. */
async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<EventSourceMessage> {
  const come: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: message => come.push(message) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read());
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* come.splice(0);
    }
  } finally {
    reader.cancel().catch(() => undefined); // what is cancelled may be broken already
  }
}

async function withinSilence<T>(read: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("nothing came for too long")), LONGEST_SILENCE);
  });
  try {
    return await Promise.race([read, silence]);
  } catch (failure) {
    throw new UnreachableError("The stream", failure);
  } finally {
    clearTimeout(timer);
  }
}

function toEvent({ event, id, data }: EventSourceMessage): JobEvent | undefined {
  const told = JSON.parse(data);
  switch (event) {
    case "output": {
      const bytes = told.base64 === undefined ? Buffer.from(told.text) : Buffer.from(told.base64, "base64");
      return { type: "output", id, attempt: told.attempt, offset: told.offset, bytes };
    }
    case "job":
    case "end":
      return { type: event, id, job: told as Job };
    default:
      return undefined; // a kind that this version does not know
  }
}

/**
 * A job's output from an offset on, by requests that wait (long poll), until it is complete. When the agent is started
 * again, `attempt` changes and `offset` begins at 0.
 */
export async function* output(
  source: Source,
  jobId: string,
  { from = 0, attempt, signal }: { from?: number; attempt?: number; signal?: AbortSignal } = {},
): AsyncGenerator<OutputPiece> {
  let offset = from;
  let known = attempt;
  for (let breaks = 0; ; ) {
    const path = `/jobs/${encodeURIComponent(jobId)}/output?from=${offset}&wait=${WAIT}`;
    const response = await source.sender.send(() => source.request(path, {}, signal), { timeout: 60_000 });
    if (!response.ok) throw await OutpostError.of(response);
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await response.arrayBuffer());
      breaks = 0;
    } catch (failure) {
      // The bytes of an answer that broke off are dropped, because the next request begins at the same offset.
      if (signal?.aborted || ++breaks > 10) throw new UnreachableError("The output", failure);
      await source.sender.wait("The output was cut", source.sender.backoff(breaks), signal);
      continue;
    }
    const printedBy = Number(response.headers.get("x-output-attempt") ?? known ?? 1);
    if (known !== undefined && printedBy !== known && offset > 0) {
      offset = 0;
      known = printedBy;
      continue;
    }
    if (bytes.length > 0) {
      known = printedBy;
      yield { attempt: printedBy, offset, bytes };
    }
    offset = Number(response.headers.get("x-output-offset") ?? offset + bytes.length);
    if (response.headers.get("x-output-complete") === "true") return;
  }
}

/** Follows a job to its end: by events, or by requests that wait where a gateway lets no stream through. */
export async function* follow(
  source: Source,
  jobId: string,
  read: (jobId: string, signal?: AbortSignal) => Promise<Job>,
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<JobEvent> {
  let from = 0;
  let attempt: number | undefined;
  try {
    for await (const event of events(source, jobId, { signal, orElse: true })) {
      if (event.type === "output") ({ attempt } = event), (from = event.offset + event.bytes.length);
      yield event;
    }
    return;
  } catch (failure) {
    if (!(failure instanceof NoStreamError)) throw failure;
  }
  for await (const piece of output(source, jobId, { from, attempt, signal })) yield { type: "output", ...piece };
  for (;;) {
    const job = await read(jobId, signal);
    if (hasEnded(job)) {
      yield { type: "end", job };
      return;
    }
  }
}
