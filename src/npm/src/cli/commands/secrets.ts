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
    .description("list the names of secrets; never their values")
    .action(async (_, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId };
      const { data } = await answer(outpost.api.GET("/tenants/{tenant_id}/secrets", { params: { path } }));
      if (session.json) for (const secret of data) await printJson(secret);
      else await write(table(["NAME", "FOR AGENTS"], data.map(s => [s.name, (s.agents ?? []).join(" ")])));
    });

  secrets
    .command("set")
    .description("keep a secret; its value is asked for, or read from standard input")
    .argument("<name>", "an environment variable, such as ANTHROPIC_API_KEY")
    .action(async (name: string, _, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId, name };
      const body = { value: await readSecret(`Value of ${name} (not shown): `) };
      await answer(outpost.api.PUT("/tenants/{tenant_id}/secrets/{name}", { params: { path }, body }));
      session.tell(`${name} is kept`);
    });

  secrets
    .command("delete")
    .description("delete a secret; operators can bring it back for 7 days")
    .argument("<name>", "its name")
    .action(async (name: string, _, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId, name };
      await answer(outpost.api.DELETE("/tenants/{tenant_id}/secrets/{name}", { params: { path } }));
      session.tell(`${name} is deleted`);
    });
}
