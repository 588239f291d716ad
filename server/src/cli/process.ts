/** The command line as a process: its streams, its exit status. */
import type { Engine } from "../host/engine.ts";
import type { Terminal } from "./command.ts";
import { runCommand } from "./main.ts";

/** Runs the command line of this process. Never rejects: what is unforeseen is told with exit status 2. */
export async function runProcess(
  words: readonly string[],
  loadEngine: () => Promise<Engine>,
  bundle?: string,
): Promise<void> {
  // A reader that has seen enough (`| head`) closes the pipe: that is no error, and nothing more is said.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") process.exitCode = 2;
    });
  }
  const terminal: Terminal = {
    workingFolder: process.cwd(),
    environment: process.env,
    isTerminal: process.stdout.isTTY,
    write: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
  };
  try {
    // The process ends by itself once all is written: `exit` would cut a long output short in a pipe.
    process.exitCode = await runCommand(words, {
      engine: await loadEngine(),
      terminal,
      ...(bundle !== undefined && { bundle }),
    });
  } catch (error) {
    process.exitCode = 2;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`dma-lens: internal error, please report it\n${text}\n`);
  }
}
