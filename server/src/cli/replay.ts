/** `dma-lens replay FILE[:LINE]`: executes a finding on the simulated machine and tells, step by step, what happened. */
import type { Finding } from "../host/engine.ts";
import { reasonOf } from "../host/file-system.ts";
import { folderOf } from "../host/location.ts";
import { mostTelling } from "../host/telling.ts";
import { isSourceName, Unit } from "../host/unit.ts";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { oneOf, platformIds, readArguments, ruleIds } from "./arguments.ts";
import { unitHost } from "./check-unit.ts";
import { type CommandContext, type ExitStatus, UsageError } from "./command.ts";
import { formatPage } from "./format/page.ts";
import { formatTrace, formatVerdicts } from "./format/trace.ts";
import { readPresets } from "./presets.ts";
import { styleFor } from "./style.ts";
import { locationOf } from "./targets.ts";

const formats = ["text", "json", "html"] as const;

export async function replay(words: readonly string[], context: CommandContext): Promise<ExitStatus> {
  const { terminal } = context;
  const { values, positionals } = readArguments(words, {
    format: { type: "string", default: "text" },
    platform: { type: "string" },
    rule: { type: "string" },
  });
  const format = oneOf("format", values.format, formats);
  const panel = format === "html" ? builtPanel(context) : undefined;
  const { ids, presets } = readPresets(values.platform === undefined ? [] : [values.platform], context);
  const engine = context.engine.withPresets(presets);
  const [platform] = platformIds(engine, ids);
  const rules = values.rule === undefined ? undefined : ruleIds(engine, [values.rule]);
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0)
    throw new UsageError("replay wants one file, or a file and a line (x.c:12)");
  const { file, line } = splitLine(given, terminal.workingFolder);

  const location = locationOf(path.resolve(terminal.workingFolder, file));
  if (!existsSync(location)) throw new UsageError(`${file}: no such file or folder`);
  if (!statSync(location).isFile() || !isSourceName(location)) {
    throw new UsageError(`${file}: neither a C source (.c) nor a TypeScript snippet (.ts)`);
  }
  const host = unitHost(engine, terminal.workingFolder);
  const unit = new Unit(folderOf(location), engine.createSession(), host);
  await unit.refresh(true);
  const name = host.nameOf(location);
  const gap = unit.gaps.find((candidate) => candidate.file === name);
  if (gap !== undefined) throw new UsageError(`${name}: ${gap.reason}`);

  const { findings } = unit.session.analyse({
    preview: true,
    only: new Set([name]),
    ...(rules !== undefined && { rules }),
  });
  const lineOf = (finding: Finding): number => unit.textOf(finding.file)?.positionAt(finding.start).line ?? 0;
  const here = findings.filter((finding) => line === undefined || coversLine(unit, finding, line));
  const finding = here.find((candidate) => candidate.provable) ?? here[0];
  if (finding === undefined) {
    const where = line === undefined ? name : `${name}:${line}`;
    const others = [...new Set(findings.map(lineOf))].join(", ");
    throw new UsageError(`${where}: no finding to replay${others === "" ? "" : `; there are some at line ${others}`}`);
  }

  const asked = platform === undefined ? undefined : [platform];
  const proofs = unit.session.prove(finding, asked);
  const shown = mostTelling(proofs.map((proof) => ({ proof })))?.proof;
  if (format === "json") {
    if (shown?.trace === undefined) throw new UsageError(shown?.sentence ?? "It could not be executed");
    terminal.write(`${JSON.stringify(shown.trace, undefined, 2)}\n`);
  } else if (panel !== undefined) {
    if (shown?.trace === undefined) throw new UsageError(shown?.sentence ?? "It could not be executed");
    const { trace } = shown;
    terminal.write(
      formatPage({ unit, finding, shown: { ...shown, trace }, proofs, platforms: engine.platforms, panel }),
    );
  } else {
    const style = styleFor(terminal);
    terminal.write(
      `${style.bold(`${name}:${lineOf(finding)}:`)} ${finding.message} ${style.faint(`[${finding.rule}]`)}\n\n`,
    );
    terminal.write(formatVerdicts(proofs, engine.platforms, style));
    if (shown?.trace !== undefined) terminal.write(`\n${formatTrace(shown.trace, style)}`);
  }
  if (shown?.trace === undefined) return 2;
  return shown.trace.outcome.kind === "harm" ? 1 : 0;
}

/** The panel's script and style lie beside the program. */
function builtPanel({ bundle }: CommandContext): { readonly script: string; readonly style: string } {
  if (bundle === undefined) throw new UsageError("The panel that goes into the page is not built here");
  const read = (name: string): string => {
    try {
      return readFileSync(path.join(path.dirname(bundle), name), "utf8");
    } catch (error) {
      throw new UsageError(`The panel that goes into the page is missing: ${name}: ${reasonOf(error)}`);
    }
  };
  return { script: read("webview.js"), style: read("webview.css") };
}

function coversLine(unit: Unit, finding: Finding, line: number): boolean {
  const text = unit.textOf(finding.file);
  if (text === undefined) return false;
  return text.positionAt(finding.start).line <= line && line <= text.positionAt(finding.end).line;
}

/** "x.c:12" is a line of x.c, unless there is a file of that very name. */
function splitLine(given: string, workingFolder: string): { readonly file: string; readonly line: number | undefined } {
  const match = /^(.+):([1-9]\d{0,8})$/.exec(given);
  const [, file, line] = match ?? [];
  if (file === undefined || existsSync(path.resolve(workingFolder, given))) return { file: given, line: undefined };
  return { file, line: Number(line) };
}
