import { Option, type Command } from "commander";
import { answer } from "../../client.js";
import type { ApiKey } from "../../types.js";
import { plain, printJson, table, write } from "../print.js";
import { Session } from "../session.js";
import { duration, several, time } from "../values.js";

interface NewKey {
  scope?: ApiKey["scopes"];
  mode?: "live" | "test";
  expires?: string;
}

/** `outpost keys`: lists, creates, rotates and revokes API keys of the user's tenant. */
export function addKeys(program: Command): void {
  const keys = program.command("keys").description("list, create, rotate or revoke API keys of your tenant");
  keys
    .command("list", { isDefault: true })
    .description("list API keys, newest first, without the secret part")
    .action(async (_, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const { tenantId } = await outpost.whoami();
      const all: ApiKey[] = [];
      for await (const key of outpost.list("/tenants/{tenant_id}/api-keys", { path: { tenant_id: tenantId } })) {
        if (session.json) await printJson(key);
        all.push(key);
      }
      if (!session.json) await write(table(["KEY", "NAME", "MODE", "STATE", "LAST USED", "SCOPES"], all.map(row)));
    });

  keys
    .command("create")
    .description("create an API key and print it; it is not shown again")
    .argument("<name>", "a name that says what the key is for")
    .option("--scope <scope>", "a scope of the key; jobs:read and jobs:write when left out (repeatable)", several)
    .addOption(new Option("--mode <mode>", "live or test: jobs of a test key run the demo agent and cost nothing; live when left out").choices(["live", "test"]))
    .option("--expires <time>", "when the key expires: a time (2027-01-01T00:00:00Z) or a duration (90d)", time(1))
    .action(async (name: string, { scope, mode, expires }: NewKey, command: Command) => {
      const outpost = await Session.of(command).outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId };
      const body = { name, scopes: scope, mode, expires_at: expires };
      await created(command, await answer(outpost.api.POST("/tenants/{tenant_id}/api-keys", { params: { path }, body })));
    });

  keys
    .command("rotate")
    .description("replace a key: print a new one, which is not shown again; the old one works until the grace ends")
    .argument("<key_id>", "the key's id")
    .option("--grace <duration>", "how long the old key still works: 0s, 1h, 7d", duration, 86_400)
    .action(async (keyId: string, { grace }: { grace: number }, command: Command) => {
      const outpost = await Session.of(command).outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId, key_id: keyId };
      const body = { grace_seconds: grace };
      const call = outpost.api.POST("/tenants/{tenant_id}/api-keys/{key_id}/rotate", { params: { path }, body });
      await created(command, await answer(call));
    });

  keys
    .command("revoke")
    .description("revoke a key; it is refused everywhere within 5 seconds")
    .argument("<key_id>", "the key's id")
    .action(async (keyId: string, _, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const path = { tenant_id: (await outpost.whoami()).tenantId, key_id: keyId };
      await answer(outpost.api.DELETE("/tenants/{tenant_id}/api-keys/{key_id}", { params: { path } }));
      session.tell(`Revoked ${keyId}`);
    });
}

async function created(command: Command, key: ApiKey & { key: string }): Promise<void> {
  const session = Session.of(command);
  if (session.json) return printJson(key);
  session.tell(`Created ${key.key_id}; store the key now, it is not shown again:`);
  await write(`${key.key}\n`);
}

function row(key: ApiKey): string[] {
  const isOver = key.expires_at && Date.parse(key.expires_at) < Date.now();
  const state = key.revoked_at ? "revoked" : isOver ? "expired" : "works";
  return [key.key_id, plain(key.name), key.mode, state, key.last_used_at ?? "never", key.scopes.join(" ")];
}
