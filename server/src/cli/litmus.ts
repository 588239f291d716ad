/** `dma-lens litmus [FILE...]`: every outcome of litmus tests on the simulated machines, and the verdicts, as herd tells them. */
import type { Engine, LitmusOptions, LitmusSource } from "../host/engine.ts";
import { byCodeUnit } from "../host/file-system.ts";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { oneOf, readArguments } from "./arguments.ts";
import { type CommandContext, type ExitStatus, UsageError } from "./command.ts";
import { formatLitmusTable, formatLitmusTest, type LitmusResult, litmusJson } from "./format/litmus.ts";
import { formatTrace } from "./format/trace.ts";
import { readPresets } from "./presets.ts";
import { styleFor } from "./style.ts";

const formats = ["text", "json"] as const;

/**
 * Exit status 1: a verdict is other than the test expects, or, where it expects nothing, the bad outcome is possible; with `--schedule`, the
 * run ends badly.
 */
export async function litmus(words: readonly string[], context: CommandContext): Promise<ExitStatus> {
  const { engine, terminal } = context;
  const { values, positionals } = readArguments(words, {
    format: { type: "string", default: "text" },
    platform: { type: "string", multiple: true },
    rounds: { type: "string" },
    schedule: { type: "string" },
  });
  const format = oneOf("format", values.format, formats);
  const { ids, presets } = readPresets(values.platform ?? [], context);
  const asked = ids.flatMap((id) => (id === "all" ? presetsOf(engine) : [id]));
  for (const id of asked) {
    const problem = engine.litmus.machineProblem(id, presets);
    if (problem !== undefined)
      throw new UsageError(`Platform '${id}': ${problem}; dma-lens explain platforms lists them`);
  }
  const options: LitmusOptions = {
    presets,
    ...(values.rounds !== undefined && { rounds: roundsOf(values.rounds) }),
  };
  const files =
    positionals.length > 0 ? positionals.flatMap((given) => filesOf(given, context)) : shippedFiles(context);
  const tests = readTests(files, context);
  if (tests === undefined) return 2;

  if (values.schedule !== undefined) {
    const [test, ...more] = tests;
    const [platform, ...others] = asked;
    if (test === undefined || more.length > 0 || platform === undefined || others.length > 0)
      throw new UsageError("--schedule wants one file and one --platform");
    const trace = engine.litmus.replay(test, platform, values.schedule, options);
    if (trace === undefined) throw new UsageError(`'${values.schedule}' is no schedule of ${test.name} on ${platform}`);
    terminal.write(
      format === "json" ? `${JSON.stringify(trace, undefined, 2)}\n` : formatTrace(trace, styleFor(terminal)),
    );
    return trace.outcome.kind === "harm" ? 1 : 0;
  }

  const results = tests.map((test): LitmusResult => {
    const named = [...(test.expected?.sometimes ?? []), ...(test.expected?.always ?? [])];
    const platforms = asked.length > 0 ? asked : [...new Set([...presetsOf(engine), ...named])];
    return {
      test,
      verdicts: platforms.map((id) => {
        const expected = engine.litmus.expectedOn(test, id);
        // What a test says nothing of is not expected to be harmless: only presets are meant by silence.
        const isMeant = named.includes(id) || presetsOf(engine).includes(id);
        return { ...engine.litmus.run(test, id, options), ...(expected !== undefined && isMeant && { expected }) };
      }),
    };
  });
  if (format === "json") terminal.write(litmusJson(results, `dma-lens ${engine.version}`));
  else if (results.length > 1) terminal.write(formatLitmusTable(results, styleFor(terminal)));
  else for (const result of results) terminal.write(formatLitmusTest(result, styleFor(terminal)));
  return Promise.resolve(results.some(isFailed) ? 1 : 0);
}

function isFailed({ verdicts }: LitmusResult): boolean {
  return verdicts.some(({ verdict, expected }) => (expected === undefined ? isBad(verdict) : verdict !== expected));
}

function isBad(verdict: string): boolean {
  return verdict === "sometimes" || verdict === "always";
}

function presetsOf(engine: Engine): readonly string[] {
  return engine.platforms.flatMap(({ id }) => (id.includes("+") ? [] : [id]));
}

function roundsOf(word: string): number {
  const rounds = Number(word);
  if (!Number.isInteger(rounds) || rounds < 0 || rounds > 100)
    throw new UsageError("--rounds wants a number from 0 to 100");
  return rounds;
}

/** The test, or the tests of a folder: every file that imports the module. */
function filesOf(given: string, { engine, terminal }: CommandContext): readonly string[] {
  const location = path.resolve(terminal.workingFolder, given);
  if (!existsSync(location)) throw new UsageError(`${given}: no such file or folder`);
  if (!statSync(location).isDirectory()) return [location];
  const found = testsIn(location).filter((file) => engine.litmus.isLitmus(readFileSync(file, "utf8")));
  if (found.length === 0) throw new UsageError(`${given}: no file there imports "dma-lens/litmus"`);
  return found;
}

/** The library that comes with the program, beside its bundle. */
function shippedFiles({ bundle }: CommandContext): readonly string[] {
  const folder = bundle === undefined ? undefined : path.resolve(path.dirname(bundle), "../engine/litmus");
  if (folder === undefined || !existsSync(folder)) throw new UsageError("litmus wants a file: the library is not here");
  return testsIn(folder);
}

function testsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => /\.m?ts$/.test(name) && !name.endsWith(".d.ts"))
    .sort(byCodeUnit)
    .map((name) => path.join(folder, name));
}

/** Undefined where a file is no test: what is wrong with it has been told, with line and column. */
function readTests(
  files: readonly string[],
  { engine, terminal }: CommandContext,
): readonly LitmusSource[] | undefined {
  const tests: LitmusSource[] = [];
  let isWhole = true;
  for (const file of files) {
    const shown = path.relative(terminal.workingFolder, file);
    const name = shown.startsWith("..") ? path.basename(file) : shown.split(path.sep).join("/");
    const { test, mistakes } = engine.litmus.read(name, readFileSync(file, "utf8"));
    if (test !== undefined) tests.push(test);
    else isWhole = false;
    for (const { line, column, message } of mistakes) terminal.writeError(`${name}:${line}:${column}: ${message}\n`);
  }
  return isWhole ? tests : undefined;
}
