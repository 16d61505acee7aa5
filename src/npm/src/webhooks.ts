import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { WebhookEvent } from "./types.js";

export { WebhookVerificationError };

/**
 * Checks a webhook's signature and age and returns its body; throws a WebhookVerificationError when one is wrong.
 *
 * @param secret the endpoint's secret, `whsec_…`
 * @param body the received bytes; a body that was parsed and written again has another signature
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

/** The headers of a delivery, with a signature like Outpost's. */
export function signWebhook(secret: string, id: string, at: Date, body: string): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}
