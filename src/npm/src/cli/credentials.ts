import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { CliError } from "./errors.js";

/** Outpost's address and the key to use there. */
export interface Credentials {
  url: string;
  key: string;
}

/** The file that `outpost login` writes; only its owner may read it. */
export function credentialsFile(): string {
  const folder = process.env.XDG_CONFIG_HOME || join(homedir(), ".config");
  return join(folder, "outpost", "credentials.json");
}

/** Writes another file first and then moves it into place, so that others can never read the key. */
export async function keep(credentials: Credentials): Promise<string> {
  const file = credentialsFile();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${randomUUID()}`;
  const written = await open(aside, "wx", 0o600);
  try {
    await written.writeFile(`${JSON.stringify(credentials, null, 2)}\n`);
  } finally {
    await written.close();
  }
  await chmod(aside, 0o600); // whatever the umask was
  await rename(aside, file);
  return file;
}

export async function forget(): Promise<void> {
  await rm(credentialsFile(), { force: true });
}

/** Address and key from the environment, else those that `outpost login` stored. */
export async function credentials(url?: string): Promise<Credentials> {
  const key = process.env.OUTPOST_API_KEY;
  const kept = key && (url || process.env.OUTPOST_URL) ? undefined : await read();
  const found = { url: url || process.env.OUTPOST_URL || kept?.url, key: key || kept?.key };
  if (!found.key) throw new CliError("There is no API key.", "Run `outpost login`, or set OUTPOST_API_KEY.");
  if (!found.url) throw new CliError("Outpost's address is not set.", "Run `outpost login`, or set OUTPOST_URL.");
  // A stored key is sent only to the address that it was stored for.
  if (!key && kept?.url && origin(found.url) !== origin(kept.url)) {
    throw new CliError(`The stored key is for ${kept.url}.`, "Run `outpost login` for the other one, or set OUTPOST_API_KEY.");
  }
  return { url: found.url, key: found.key };
}

export function origin(url: string): string {
  try {
    const { protocol, origin } = new URL(url);
    if (protocol === "http:" || protocol === "https:") return origin;
  } catch {
    // The error below covers this too.
  }
  throw new CliError(`${url} is no http or https address.`, "Give one such as https://outpost.example.com.");
}

async function read(): Promise<Partial<Credentials>> {
  const file = credentialsFile();
  try {
    const { mode } = await stat(file);
    if (process.platform !== "win32" && mode & 0o077) {
      throw new CliError(`${file} can be read by others.`, `Run \`chmod 600 ${file}\`, and replace the key in it, because others may know it.`);
    }
    return JSON.parse(await readFile(file, "utf8"));
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return {};
    if (failure instanceof SyntaxError) throw new CliError(`${file} is damaged.`, "Run `outpost login` again.");
    throw failure;
  }
}
