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
  OUTPOST_URL      Outpost's address, instead of the stored one
  OUTPOST_API_KEY  the key, instead of the one that \`outpost login\` stored

Exit codes: 0 for success, ${FAILED} when this program failed. A command that follows a job exits with the job's exit code, or
with 1 when a job that did not succeed has none.`;

/** The program with all its commands. */
export function program(): Command {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const outpost = new Command("outpost")
    .description("Runs AI coding agents on Outpost.")
    .version(version)
    .option("--json", "print the API's answers as JSON, in lists one document a line")
    .option("--url <address>", "Outpost's address")
    .option("-q, --quiet", "print only results and errors")
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText("after", AFTER_HELP);
  for (const add of [addLogin, addRun, addJobs, addArtifacts, addKeys, addSecrets, addUsage, addWebhooks, addCompletion]) add(outpost);
  return outpost;
}
