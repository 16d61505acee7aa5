import type { components, paths } from "./contract.js";

type Schemas = components["schemas"];

export type Job = Schemas["Job"];
export type JobRequest = Schemas["JobRequest"];
export type JobStatus = Schemas["JobStatus"];
export type JobMoment = Schemas["JobMoment"];
export type Artifact = Schemas["Artifact"];
export type ApiKey = Schemas["ApiKey"];
export type Problem = Schemas["Problem"];
export type EventType = Schemas["EventType"];

type PageAt<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer Page } } } };
}
  ? Page extends { data: (infer Entry)[]; next_cursor: string | null }
    ? Entry
    : never
  : never;

/** Paths whose GET answers a page of a list. */
export type ListPath = { [P in keyof paths]: [PageAt<P>] extends [never] ? never : P }[keyof paths];

/** An entry of a list. */
export type ListEntry<P extends ListPath> = PageAt<P>;

/** Query parameters of a list. */
export type ListParams<P extends ListPath> = paths[P] extends { get: { parameters: infer Params } } ? Params : never;

/** The body of a verified webhook. */
export interface WebhookEvent {
  type: EventType;
  timestamp: string;
  /** The job for `job.*`; see docs/webhooks.md for the others. */
  data: Record<string, unknown>;
}

/** A piece of an agent's output: its bytes and their offset in the attempt's output. */
export interface OutputPiece {
  attempt: number;
  offset: number;
  bytes: Uint8Array;
}

/** An event of a job. */
export type JobEvent =
  | ({ type: "output"; id?: string } & OutputPiece)
  | { type: "job"; id?: string; job: Job }
  | { type: "end"; id?: string; job: Job };

export const ENDED: readonly JobStatus[] = ["succeeded", "failed", "cancelled", "dead_letter"];

export function hasEnded(job: Job): boolean {
  return ENDED.includes(job.status);
}
