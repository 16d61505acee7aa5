import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { CliError } from "./errors.js";

/** Where Outpost is, and with which key. */
export interface Credentials {
  url: string;
  key: string;
}

/** The file of `outpost login`, for its owner alone. */
export function credentialsFile(): string {
  const folder = process.env.XDG_CONFIG_HOME || join(homedir(), ".config");
  return join(folder, "outpost", "credentials.json");
}

/** The file is never readable by others, not for a moment: it is written aside and then put in its place. */
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

/** What the environment says, else what `outpost login` kept. */
export async function credentials(url?: string): Promise<Credentials> {
  const key = process.env.OUTPOST_API_KEY;
  const kept = key && (url || process.env.OUTPOST_URL) ? undefined : await read();
  const found = { url: url || process.env.OUTPOST_URL || kept?.url, key: key || kept?.key };
  if (!found.key) throw new CliError("There is no API key.", "Run `outpost login`, or set OUTPOST_API_KEY.");
  if (!found.url) throw new CliError("Nothing says where Outpost is.", "Run `outpost login`, or set OUTPOST_URL.");
  // A key that was kept for one place is not sent to another.
  if (!key && kept?.url && origin(found.url) !== origin(kept.url)) {
    throw new CliError(`The key that was kept is for ${kept.url}.`, "Run `outpost login` for the other one, or set OUTPOST_API_KEY.");
  }
  return { url: found.url, key: found.key };
}

export function origin(url: string): string {
  try {
    const { protocol, origin } = new URL(url);
    if (protocol === "http:" || protocol === "https:") return origin;
  } catch {
    // said below
  }
  throw new CliError(`${url} is no http or https address.`, "Give one such as https://outpost.example.com.");
}

async function read(): Promise<Partial<Credentials>> {
  const file = credentialsFile();
  try {
    const { mode } = await stat(file);
    if (process.platform !== "win32" && mode & 0o077) {
      throw new CliError(`${file} can be read by others.`, `Run \`chmod 600 ${file}\`, and consider the key in it known.`);
    }
    return JSON.parse(await readFile(file, "utf8"));
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return {};
    if (failure instanceof SyntaxError) throw new CliError(`${file} is damaged.`, "Run `outpost login` again.");
    throw failure;
  }
}
