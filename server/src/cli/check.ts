/** `dma-lens check PATH...`: reads driver units and prints what is wrong in them. */
import type { AnalysisOptions, Engine, Finding, Verdict } from "../host/engine.ts";
import { disk } from "../host/file-system.ts";
import { baseNameOf, type Location, nameWithin } from "../host/location.ts";
import { relevanceOf } from "../host/relevance.ts";
import { Unit, type UnitHost } from "../host/unit.ts";
import { oneOf, platformIds, readArguments, ruleIds } from "./arguments.ts";
import { type CommandContext, type ExitStatus, UsageError } from "./command.ts";
import { formatGcc } from "./format/gcc.ts";
import { formatGithub } from "./format/github.ts";
import { formatJson } from "./format/json.ts";
import { formatSarif } from "./format/sarif.ts";
import { formatText } from "./format/text.ts";
import {
  type Report,
  type ReportedFinding,
  type ReportedGap,
  reportFinding,
  reportGap,
  sortFindings,
  sortGaps,
} from "./report.ts";
import { styleFor } from "./style.ts";
import { findTargets, locationOf, type Target } from "./targets.ts";

const formats = ["text", "json", "sarif", "github", "gcc"] as const;

export async function check(words: readonly string[], context: CommandContext): Promise<ExitStatus> {
  const { engine, terminal } = context;
  const { values, positionals } = readArguments(words, {
    format: { type: "string", default: "text" },
    platform: { type: "string", multiple: true, default: [] },
    rule: { type: "string", multiple: true, default: [] },
    preview: { type: "boolean", default: false },
  });
  const format = oneOf("format", values.format, formats);
  const platforms = platformIds(engine, values.platform);
  const rules = ruleIds(engine, values.rule);
  if (positionals.length === 0) throw new UsageError("check wants a file or a folder to check");
  const options: AnalysisOptions = { preview: values.preview, ...(rules.length > 0 && { rules }) };

  const begin = performance.now();
  const targets = findTargets(positionals, terminal.workingFolder);
  const host = unitHost(engine, terminal.workingFolder);
  const result: Collected = { files: 0, findings: [], gaps: [], lines: new Map() };
  for (const target of targets.units) await checkUnit(target, host, engine, options, platforms, result);
  for (const location of targets.skipped) result.gaps.push(skippedGap(host.nameOf(location)));

  const report: Report = {
    tool: `dma-lens ${engine.version}`,
    files: result.files,
    elapsedMs: Math.round(performance.now() - begin),
    findings: sortFindings(result.findings),
    gaps: sortGaps(result.gaps),
    lineOf: (finding) => result.lines.get(finding) ?? "",
  };
  switch (format) {
    case "text":
      terminal.write(formatText(report, engine.rules, styleFor(terminal)));
      break;
    case "json":
      terminal.write(formatJson(report));
      break;
    case "sarif":
      terminal.write(formatSarif(report, engine));
      break;
    case "github":
      terminal.write(formatGithub(report));
      break;
    case "gcc":
      terminal.write(formatGcc(report));
      break;
  }
  for (const { folder, reason } of targets.unreadable) terminal.writeError(`dma-lens: ${folder}: ${reason}\n`);
  if (targets.unreadable.length > 0) return 2;
  return report.findings.length > 0 ? 1 : 0;
}

/** How the command line reads units: from the disk, with names relative to the working folder. */
export function unitHost(engine: Engine, workingFolder: string): UnitHost {
  const working = locationOf(workingFolder);
  return {
    files: disk,
    relevance: relevanceOf(engine.catalogue),
    overlays: new Map(),
    nameOf: (location) => nameWithin(working, location),
  };
}

interface Collected {
  files: number;
  readonly findings: ReportedFinding[];
  readonly gaps: ReportedGap[];
  readonly lines: Map<ReportedFinding, string>;
}

async function checkUnit(
  target: Target,
  host: UnitHost,
  engine: Engine,
  options: AnalysisOptions,
  platforms: readonly string[],
  result: Collected,
): Promise<void> {
  const unit = new Unit(target.folder, engine.createSession(), host);
  await unit.refresh(true);
  const only = target.only && new Set([...target.only].map((location) => host.nameOf(location)));
  result.files += only?.size ?? unit.sourceCount;
  const textOf: Parameters<typeof reportGap>[1] = (name) => unit.textOf(name);
  const wanted = (name: string): boolean => only === undefined || only.has(name);
  for (const gap of unit.gaps) if (wanted(gap.file)) result.gaps.push(reportGap(gap, textOf));
  if (!unit.relevant) return;

  const report = unit.session.analyse({ ...options, ...(only !== undefined && { only }) });
  for (const finding of report.findings) {
    const reported = reportFinding(finding, textOf, verdictsOf(unit, finding, platforms));
    result.findings.push(reported);
    result.lines.set(reported, unit.textOf(finding.file)?.lineText(reported.line) ?? "");
  }
  for (const gap of report.gaps) if (wanted(gap.file)) result.gaps.push(reportGap(gap, textOf));
}

function verdictsOf(unit: Unit, finding: Finding, platforms: readonly string[]): Readonly<Record<string, Verdict>> {
  if (platforms.length === 0) return {};
  return Object.fromEntries(unit.session.prove(finding, platforms).map((proof) => [proof.platform, proof.verdict]));
}

function skippedGap(file: Location): ReportedGap {
  const reason = /\.h$/.test(baseNameOf(file))
    ? "not checked by itself: a header is read with the sources that include it"
    : "not checked: neither C (.c) nor a TypeScript snippet (.ts)";
  return { file, line: 1, endLine: 1, reason };
}
