import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { WebhookEvent } from "./types.js";

export { WebhookVerificationError };

/**
 * What a webhook says, once its signature and its age are right; else a WebhookVerificationError.
 *
 * @param secret the endpoint's, `whsec_…`
 * @param body as it came, byte for byte: not parsed and written anew
 */
export function verifyWebhook(
  secret: string,
  body: string | Buffer,
  headers: Headers | Record<string, string | string[] | undefined>,
): WebhookEvent {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers);
  const flat = Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), String(value)]])),
  );
  return new Webhook(secret).verify(body, flat) as WebhookEvent;
}

/** The headers of a delivery, signed as Outpost signs. */
export function signWebhook(secret: string, id: string, at: Date, body: string): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}
