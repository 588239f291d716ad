/** The command line without its process: picks the command, and turns mistakes into a message and the exit status 2. */
import { check } from "./check.ts";
import { type Command, type CommandContext, type ExitStatus, UsageError } from "./command.ts";
import { explain } from "./explain.ts";
import { litmus } from "./litmus.ts";
import { replay } from "./replay.ts";

const usage = `Usage:
  dma-lens check [--format text|json|sarif|github|gcc] [--platform ID]... [--rule ID]... [--preview] PATH...
  dma-lens replay FILE[:LINE] [--rule ID] [--platform ID] [--format text|json|html]
  dma-lens litmus [--platform ID]... [--format text|json] [--rounds N] [FILE]...
  dma-lens litmus FILE --platform ID --schedule TEXT [--format text|json]
  dma-lens explain RULE | rules | platforms
  dma-lens lsp --stdio

check finds misuse of DMA memory and CPU caches in drivers. PATH is a C file, a TypeScript snippet, or a folder.
  --platform ID   also execute each finding on this simulated machine, and tell its verdict; "all" for every machine;
                  FILE.json for a machine of your own (types/dma-lens-platform.schema.json)
  --rule ID       run this rule only
  --preview       run rules too that are not yet right in nine of ten cases
replay executes a finding on the simulated machines and tells what went stale, step by step; html is the editor's panel as one file
for a browser, json a trace that the editor opens.

litmus tries every schedule of small tests (TypeScript that imports "dma-lens/litmus"; without a FILE, those that come with the program)
and tells all outcomes and the verdict on each machine.
  --platform ID   these machines only; an id may end in +iommu, +swiotlb or +nospec; "all" for every preset; FILE.json as for check
  --rounds N      rounds of a loop in one run (default 3); beyond, the verdict is not known
  --schedule TEXT one run, step by step, as its schedule says; the empty text is the natural one

check keeps the results of unchanged folders in the user's cache folder. DMA_LENS_CACHE=off in the environment prevents that,
DMA_LENS_CACHE=/FOLDER names another place.

Exit status: 0 no findings (litmus: all as expected), 1 findings (litmus: not so), 2 could not run.
`;

const commands: Readonly<Record<string, Command>> = { check, replay, litmus, explain };

export async function runCommand(words: readonly string[], context: CommandContext): Promise<ExitStatus> {
  const { engine, terminal } = context;
  const [name, ...rest] = words;
  if (name === "--version" || name === "-V") {
    terminal.write(`dma-lens ${engine.version}\n`);
    return 0;
  }
  if (name === "--help" || name === "-h" || name === "help" || rest.includes("--help")) {
    terminal.write(usage);
    return 0;
  }
  try {
    if (name === undefined) throw new UsageError("A command is wanted");
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command === undefined)
      throw new UsageError(`Unknown command '${name}'; known are check, replay, litmus, explain and lsp`);
    return await command(rest, context);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    for (const line of error.message.split("\n")) terminal.writeError(`dma-lens: ${line}\n`);
    terminal.writeError("Try dma-lens --help.\n");
    return 2;
  }
}
