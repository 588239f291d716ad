/** The process `dma-lens`: bundled to dist/cli.cjs, which server/bin/dma-lens.mjs loads. */
import { loadEngine } from "../host/load-engine.ts";
import type { Terminal } from "./command.ts";
import { runCommand } from "./main.ts";

/** Runs the command line of this process. Never rejects: what is unforeseen is told with exit status 2. */
export async function main(words: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) closes the pipe: that is no error, and nothing more is said.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    throw error;
  });
  const terminal: Terminal = {
    workingFolder: process.cwd(),
    environment: process.env,
    isTerminal: process.stdout.isTTY,
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
  };
  try {
    // The process ends by itself once all is written: `exit` would cut a long output short in a pipe.
    process.exitCode = await runCommand(words, { engine: await loadEngine(), terminal });
  } catch (error) {
    process.exitCode = 2;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`dma-lens: internal error, please report it\n${text}\n`);
  }
}
