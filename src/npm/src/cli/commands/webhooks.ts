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

const DESCRIPTION = `forward events of your jobs to an address on your machine, as signed webhooks

Outpost cannot reach your machine. Instead, this program asks the API every few seconds which jobs have started or ended.
It posts for each the body that a webhook would have, signed with the secret in OUTPOST_WEBHOOK_SECRET, or with a new one
that it prints at the start. It needs only the scope jobs:read and changes nothing at Outpost. docs/cli.md says what
differs from real deliveries.`;

export function addWebhooks(program: Command): void {
  program
    .command("webhooks")
    .description("try a receiver of webhooks on your machine")
    .command("listen")
    .summary("forward what happens to your jobs to an address on your machine")
    .description(DESCRIPTION)
    .requiredOption("--forward-to <url>", "where your receiver listens, such as http://localhost:3000/outpost")
    .option("-e, --event <type>", `${TYPES.join(", ")}; every end of a job when left out (repeatable)`, oneOf(...TYPES))
    .addOption(new Option("--mode <mode>", "jobs of live or of test keys; your key's mode when left out").choices(["live", "test"]))
    .option("--every <duration>", "how often to look for changes", duration, 2)
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
        onTrouble: ({ message }) => session.tell(`${message}; continuing`),
      });
      const stop = new AbortController();
      process.once("SIGINT", () => stop.abort());
      process.once("SIGTERM", () => stop.abort());
      await listener.begin();
      // The user needs the secret, so it is shown with `--quiet` too.
      note(given ? "Events are signed with OUTPOST_WEBHOOK_SECRET" : `Events are signed with this secret while this program runs: ${secret}`);
      session.tell(`Forwarding to ${options.forwardTo}; Ctrl-C stops`);
      for await (const forwarded of listener.forward(options.every * 1000, stop.signal)) {
        await (session.json ? printJson(forwarded) : write(line(forwarded)));
      }
    });
}

function line({ timestamp, type, job_id, status, error, duration_ms }: Forwarded): string {
  return plain(`${timestamp}  ${type.padEnd(16)}  ${job_id}  ${status ?? error}  ${duration_ms} ms`) + "\n";
}
