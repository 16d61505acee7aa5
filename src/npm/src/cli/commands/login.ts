import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { credentials, forget, keep, origin } from "../credentials.js";
import { CliError } from "../errors.js";
import { printJson, write } from "../print.js";
import { Session, type Common } from "../session.js";

const KEY = /^op_(live|test)_[0-9a-f]{32}$/;

/** `outpost login`, `logout` and `whoami`: store, delete and show the user's key. */
export function addLogin(program: Command): void {
  program
    .command("login")
    .description("store an API key for the other commands; the key is asked for, or read from standard input or OUTPOST_API_KEY")
    .action(async (_, command: Command) => {
      const session = Session.of(command);
      const url = await address(command.optsWithGlobals<Common>().url);
      origin(url);
      const key = process.env.OUTPOST_API_KEY || (await readSecret("API key (not shown): "));
      if (!KEY.test(key)) {
        throw new CliError("That is no API key.", "Keys are op_live_ or op_test_ and 32 digits and letters; nothing was stored.");
      }
      const { tenantId, scopes } = await session.connect({ url, key }).whoami();
      const file = await keep({ url, key });
      session.tell(`The key works (tenant ${tenantId}; ${scopes.join(", ")}) and is stored in ${file}`);
    });

  program
    .command("logout")
    .description("delete the stored key; the key itself stays valid until it is revoked")
    .action(forget);

  program
    .command("whoami")
    .description("show Outpost's address, and the tenant and scopes of your key")
    .action(async (_, command: Command) => {
      const session = Session.of(command);
      const { url } = await credentials(command.optsWithGlobals<Common>().url);
      const me = await (await session.outpost()).whoami();
      const shown = { url, tenant_id: me.tenantId, key_id: me.keyId, scopes: me.scopes };
      if (session.json) await printJson(shown);
      else await write(`url     ${url}\ntenant  ${me.tenantId}\nkey     ${me.keyId}\nscopes  ${me.scopes.join(" ")}\n`);
    });
}

async function address(given?: string): Promise<string> {
  const known = given || process.env.OUTPOST_URL;
  if (known) return known;
  if (!process.stdin.isTTY) throw new CliError("Outpost's address is not set.", "Give --url, or set OUTPOST_URL.");
  const questions = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await questions.question("Where is Outpost (such as https://outpost.example.com)? ")).trim();
  } finally {
    questions.close();
  }
}

/** Reads a secret: typed at a terminal without an echo, else all of standard input. */
export async function readSecret(question: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).trim();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const questions = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(question); // from here on the terminal itself shows nothing
  try {
    return (await questions.question("")).trim();
  } finally {
    questions.close();
    process.stderr.write("\n");
  }
}
