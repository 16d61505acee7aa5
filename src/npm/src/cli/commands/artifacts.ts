import type { Command } from "commander";
import type { Artifact } from "../../types.js";
import { CliError } from "../errors.js";
import { bytes, plain, printJson, table, write } from "../print.js";
import { Session } from "../session.js";

/** `outpost artifacts`: lists and fetches the files that a job left. */
export function addArtifacts(program: Command): void {
  const artifacts = program.command("artifacts").description("list or get the files that a job left");
  artifacts
    .command("list")
    .description("list the files that a job left")
    .argument("<job_id>", "the job")
    .action(async (jobId: string, _, command: Command) => {
      const session = Session.of(command);
      const all = await (await session.outpost()).artifacts(jobId);
      if (session.json) for (const artifact of all) await printJson(artifact);
      else await write(table(["PATH", "SIZE", "SHA-256"], all.map(a => [plain(a.path), bytes(a.size_bytes), a.sha256])));
    });

  artifacts
    .command("get")
    .description("download files that a job left, all or the named ones, and check their hashes")
    .argument("<job_id>", "the job")
    .argument("[path...]", "paths, as `artifacts list` shows them; all files when left out")
    .option("-o, --output <folder>", "folder to write into; - prints a single file", ".")
    .action(async (jobId: string, paths: string[], options: { output: string }, command: Command) => {
      const session = Session.of(command);
      const outpost = await session.outpost();
      const wanted = select(await outpost.artifacts(jobId), paths);
      if (options.output === "-") {
        if (wanted.length !== 1) throw new CliError(`There are ${wanted.length} files to print.`, "Name one.");
        for await (const chunk of await outpost.open(wanted[0]!)) await write(chunk);
        return;
      }
      for (const artifact of wanted) {
        session.tell(`Getting ${artifact.path} (${bytes(artifact.size_bytes)})`);
        const file = await outpost.save(artifact, options.output);
        await (session.json ? printJson({ path: artifact.path, file, sha256: artifact.sha256 }) : write(`${plain(file)}\n`));
      }
    });
}

function select(all: Artifact[], paths: string[]): Artifact[] {
  if (paths.length === 0) return all;
  return paths.map(path => {
    const found = all.find(artifact => artifact.path === path);
    if (!found) throw new CliError(`The job left no ${path}.`, "See `outpost artifacts list`.");
    return found;
  });
}
