import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OutpostError } from "./errors.js";
import type { Sender } from "./retry.js";
import type { Artifact } from "./types.js";

/** The SHA-256 of a file in hex; reads the file in parts. */
export async function sha256(file: Blob): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of file.stream() as unknown as AsyncIterable<Uint8Array>) hash.update(chunk);
  return hash.digest("hex");
}

/** Uploads a file to a link of `POST /inputs`. */
export async function put(sender: Sender, link: { url: string; headers: Record<string, string> }, file: Blob): Promise<void> {
  // Without the API key, because the link has credentials of its own.
  const response = await sender.send(() => new Request(link.url, { method: "PUT", body: file, headers: link.headers }));
  if (!response.ok) throw await OutpostError.of(response);
  await response.body?.cancel();
}

/**
 * Writes an artifact below a folder, checks its hash, and returns its path in the folder. The file gets its name only when
 * it is complete.
 */
export async function save(sender: Sender, artifact: Artifact, folder: string): Promise<string> {
  const path = below(folder, artifact.path);
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.outpost-part`;
  try {
    await pipeline(await open(sender, artifact), createWriteStream(part));
    await rename(part, path);
  } catch (failure) {
    await rm(part, { force: true });
    throw failure;
  }
  return path;
}

/** An artifact's bytes. The stream fails at its end when they do not match the hash. */
export async function open(sender: Sender, artifact: Artifact): Promise<Readable> {
  const response = await sender.send(() => new Request(artifact.url));
  if (!response.ok) throw await OutpostError.of(response);
  const hash = createHash("sha256");
  const checked = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const isRight = hash.digest("hex") === artifact.sha256;
      done(isRight ? null : new Error(`${artifact.path} does not match its hash: download it again`));
    },
  });
  const body = response.body ? Readable.fromWeb(response.body as never) : Readable.from([]);
  body.on("error", failure => checked.destroy(failure));
  return body.pipe(checked);
}

/** Refuses a path that leads out of the folder, because an agent chose it. */
export function below(folder: string, path: string): string {
  const whole = resolve(folder, path);
  const inside = relative(resolve(folder), whole);
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) {
    throw new Error(`${path} would lie outside of ${folder}`);
  }
  return whole;
}
