// verify.cjs <folder with node_modules>: ends with 0 when the request on standard input ({secret, headers, body}) was signed
// with its secret, else with 3.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const { Webhook, WebhookVerificationError } = createRequire(process.argv[2] + "/")("standardwebhooks");

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
try {
  new Webhook(secret).verify(body, headers);
} catch (error) {
  if (!(error instanceof WebhookVerificationError)) throw error;
  process.exit(3);
}
