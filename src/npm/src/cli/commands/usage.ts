import { InvalidArgumentError, type Command } from "commander";
import { answer } from "../../client.js";
import { plain, printJson, table, write } from "../print.js";
import { Session } from "../session.js";

interface Question {
  by?: string;
  period?: string;
}

/** `outpost usage`: jobs of the user's tenant in a billing period, and the cost that agents reported. */
export function addUsage(program: Command): void {
  program
    .command("usage")
    .description("show how many jobs a billing period has; with --by the jobs that ran, by group, with their cost")
    .option("--by <group>", "group by day, agent, key, or label:<name>", group)
    .option("--period <time>", "the billing period that contains a month, a day or a time: 2026-11, 2026-11-21; the present one when left out")
    .action(async ({ by, period }: Question, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const usage = await answer(outpost.api.GET("/billing/usage", { params: { query: { group_by: by, period } } }));
      if (session.json) return printJson(usage);
      session.tell(
        `${usage.used} of ${usage.limit ?? "any number of"} jobs, tier ${usage.tier}, ${usage.period_start} to ${usage.period_end}`,
      );
      if (!usage.groups) return write(`${usage.used}\n`);
      const rows = usage.groups.map(({ name, jobs, cost_usd }) => [plain(name), `${jobs}`, `${cost_usd}`]);
      if (usage.ungrouped?.jobs) rows.push(["(others)", `${usage.ungrouped.jobs}`, `${usage.ungrouped.cost_usd}`]);
      await write(table([by!.replace(/^label:/, "").toUpperCase(), "JOBS", "COST USD"], rows));
    });
}

function group(text: string): string {
  if (!/^(day|agent|key|label:.+)$/.test(text)) throw new InvalidArgumentError("Give day, agent, key or label:<name>.");
  return text;
}
