import { randomBytes } from "node:crypto";
import { Option, type Command } from "commander";
import { CliError } from "../errors.js";
import { Listener, TYPES, type Forwarded } from "../listen.js";
import { note, plain, printJson, write } from "../print.js";
import { Session } from "../session.js";
import { duration, oneOf } from "../values.js";

interface ListenOptions {
  forwardTo: string;
  event?: (typeof TYPES)[number][];
  mode?: "live" | "test";
  every: number;
}

const DESCRIPTION = `forward what happens to your jobs to an address on your machine, as signed webhooks

Outpost cannot reach your machine, so nothing is delivered to it: this program asks the API every few seconds which jobs
have started or ended, makes of each the body that a webhook would have, signs it with a secret of its own, shown at the
start (or the one in OUTPOST_WEBHOOK_SECRET), and posts it. It needs the scope jobs:read alone and changes nothing at
Outpost. See docs/cli.md for what differs from real deliveries.`;

export function addWebhooks(program: Command): void {
  program
    .command("webhooks")
    .description("develop a receiver of webhooks")
    .command("listen")
    .summary("forward what happens to your jobs to an address on your machine")
    .description(DESCRIPTION)
    .requiredOption("--forward-to <url>", "where your receiver listens, such as http://localhost:3000/outpost")
    .option("-e, --event <type>", `${TYPES.join(", ")}; every end of a job when left out (repeatable)`, oneOf(...TYPES))
    .addOption(new Option("--mode <mode>", "jobs of test or of live keys; of the key's own when left out").choices(["live", "test"]))
    .option("--every <duration>", "how often to ask", duration, 2)
    .action(async (options: ListenOptions, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      if (!/^https?:\/\/[^/]/.test(options.forwardTo)) {
        throw new CliError(`${options.forwardTo} is no http or https address.`, "Give one such as http://localhost:3000/outpost.");
      }
      const given = process.env.OUTPOST_WEBHOOK_SECRET;
      const secret = given || `whsec_${randomBytes(24).toString("base64")}`;
      const listener = new Listener(outpost, {
        to: options.forwardTo,
        secret,
        types: options.event ?? TYPES.filter(type => type !== "job.running"),
        mode: options.mode ?? (outpost.isTest ? "test" : "live"),
        onTrouble: ({ message }) => session.tell(`${message}; going on`),
      });
      const stop = new AbortController();
      process.once("SIGINT", () => stop.abort());
      process.once("SIGTERM", () => stop.abort());
      await listener.begin();
      // The user needs the secret, so it is shown with `--quiet` too.
      note(given ? "Signing with OUTPOST_WEBHOOK_SECRET" : `Signing with this secret, for as long as this program runs: ${secret}`);
      session.tell(`Forwarding to ${options.forwardTo}; Ctrl-C ends it`);
      for await (const forwarded of listener.forward(options.every * 1000, stop.signal)) {
        await (session.json ? printJson(forwarded) : write(line(forwarded)));
      }
    });
}

function line({ timestamp, type, job_id, status, error, duration_ms }: Forwarded): string {
  return plain(`${timestamp}  ${type.padEnd(16)}  ${job_id}  ${status ?? error}  ${duration_ms} ms`) + "\n";
}
