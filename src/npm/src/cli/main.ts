#!/usr/bin/env node
import { CommanderError } from "commander";
import { OutpostError } from "../errors.js";
import { explain, FAILED } from "./errors.js";
import { note } from "./print.js";
import { program } from "./program.js";

/** Runs the program and returns its exit code. */
async function main(): Promise<void> {
  process.stdout.on("error", failure => {
    if ((failure as NodeJS.ErrnoException).code === "EPIPE") process.exit(); // whoever read has had enough
    throw failure;
  });
  try {
    await program().parseAsync();
  } catch (failure) {
    if (failure instanceof CommanderError) {
      process.exitCode = failure.exitCode === 0 ? 0 : FAILED; // it has said what is wrong
      return;
    }
    if (process.argv.includes("--json") && failure instanceof OutpostError && failure.problem.type) {
      process.stderr.write(`${JSON.stringify(failure.problem)}\n`);
    } else {
      note(`outpost: ${explain(failure)}`);
    }
    process.exitCode = FAILED;
  }
}

await main();
