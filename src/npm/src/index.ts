export { Outpost, answer, type OutpostOptions, type SubmitOptions } from "./client.js";
export { OutpostError, UnreachableError } from "./errors.js";
export { NoStreamError, type FollowOptions } from "./follow.js";
export type { RetryOptions } from "./retry.js";
export { verifyWebhook, WebhookVerificationError } from "./webhooks.js";
export { hasEnded } from "./types.js";
export type * from "./types.js";
export type { components, operations, paths } from "./contract.js";
