import type { Command } from "commander";
import { answer } from "../../client.js";
import { printJson, table, write } from "../print.js";
import { Session } from "../session.js";
import { readSecret } from "./login.js";

/** `outpost secrets`: lists, sets and deletes secrets of the user's tenant, such as the agents' provider keys. */
export function addSecrets(program: Command): void {
  const secrets = program.command("secrets").description("list, set or delete secrets of your tenant, such as provider keys");
  secrets
    .command("list", { isDefault: true })
    .description("list the names of secrets, without their values")
    .action(async (_, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId };
      const data = [];
      for await (const secret of outpost.list("/tenants/{tenant_id}/secrets", { path })) data.push(secret);
      if (session.json) for (const secret of data) await printJson(secret);
      else await write(table(["NAME", "FOR AGENTS"], data.map(s => [s.name, (s.agents ?? []).join(" ")])));
    });

  secrets
    .command("set")
    .description("store a secret; the value is asked for, or read from standard input")
    .argument("<name>", "the environment variable that it becomes, such as ANTHROPIC_API_KEY")
    .action(async (name: string, _, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId, name };
      const body = { value: await readSecret(`Value of ${name} (not shown): `) };
      await answer(outpost.api.PUT("/tenants/{tenant_id}/secrets/{name}", { params: { path }, body }));
      session.tell(`Stored ${name}`);
    });

  secrets
    .command("delete")
    .description("delete a secret; operators can restore it for 7 days")
    .argument("<name>", "the secret's name")
    .action(async (name: string, _, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId, name };
      await answer(outpost.api.DELETE("/tenants/{tenant_id}/secrets/{name}", { params: { path } }));
      session.tell(`Deleted ${name}`);
    });
}
