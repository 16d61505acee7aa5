import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addArtifacts } from "./commands/artifacts.js";
import { addCompletion } from "./commands/completion.js";
import { addJobs } from "./commands/jobs.js";
import { addKeys } from "./commands/keys.js";
import { addLogin } from "./commands/login.js";
import { addRun } from "./commands/run.js";
import { addSecrets } from "./commands/secrets.js";
import { addUsage } from "./commands/usage.js";
import { addWebhooks } from "./commands/webhooks.js";
import { FAILED } from "./errors.js";

const AFTER_HELP = `
Environment:
  OUTPOST_URL      where Outpost is, in the place of what \`outpost login\` kept
  OUTPOST_API_KEY  the key, likewise

Exit codes: 0 when all is well; ${FAILED} when this program could not do it; what follows a job ends with the job's own
exit code, or 1 when the job ended without one.`;

/** The program with all its commands. */
export function program(): Command {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const outpost = new Command("outpost")
    .description("Runs AI coding agents on Outpost.")
    .version(version)
    .option("--json", "print what the API answers: a JSON document, or one a line")
    .option("--url <address>", "where Outpost is")
    .option("-q, --quiet", "say nothing but what is asked for, and errors")
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText("after", AFTER_HELP);
  for (const add of [addLogin, addRun, addJobs, addArtifacts, addKeys, addSecrets, addUsage, addWebhooks, addCompletion]) add(outpost);
  return outpost;
}
