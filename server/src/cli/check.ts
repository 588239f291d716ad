/** `dma-lens check PATH...`: reads driver units and prints what is wrong in them. */
import type { AnalysisOptions } from "../host/engine.ts";
import { baseNameOf, type Location, nameWithin } from "../host/location.ts";
import { oneOf, platformIds, readArguments, ruleIds } from "./arguments.ts";
import type { CheckSettings } from "./check-unit.ts";
import { type CommandContext, type ExitStatus, UsageError } from "./command.ts";
import { formatGcc } from "./format/gcc.ts";
import { formatGithub } from "./format/github.ts";
import { formatJson } from "./format/json.ts";
import { formatSarif } from "./format/sarif.ts";
import { formatText } from "./format/text.ts";
import { readPresets } from "./presets.ts";
import { type Report, type ReportedFinding, type ReportedGap, sortFindings, sortGaps } from "./report.ts";
import { scan } from "./scan.ts";
import { styleFor } from "./style.ts";
import { findTargets, locationOf } from "./targets.ts";

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
  const { ids, presets } = readPresets(values.platform, context);
  const platforms = platformIds(engine.withPresets(presets), ids);
  const rules = ruleIds(engine, values.rule);
  if (positionals.length === 0) throw new UsageError("check wants a file or a folder to check");
  const options: AnalysisOptions = { preview: values.preview, ...(rules.length > 0 && { rules }) };

  const begin = performance.now();
  const targets = findTargets(positionals, terminal.workingFolder);
  const settings: CheckSettings = { workingFolder: terminal.workingFolder, options, platforms, presets };
  const { results, lost } = await scan(targets.units, settings, engine, terminal, context.bundle);
  const nameOf = (location: Location): string => nameWithin(locationOf(terminal.workingFolder), location);
  const lines = new Map<ReportedFinding, string>();
  for (const result of results) result.findings.forEach((finding, at) => lines.set(finding, result.lines[at] ?? ""));
  const gaps = [
    ...results.flatMap((result) => result.gaps),
    ...targets.skipped.map((location) => skippedGap(nameOf(location))),
    ...lost.map(({ folder, reason }) => lostGap(nameOf(folder), reason)),
  ];

  const report: Report = {
    tool: `dma-lens ${engine.version}`,
    files: results.reduce((sum, result) => sum + result.files, 0),
    elapsedMs: Math.round(performance.now() - begin),
    findings: sortFindings(results.flatMap((result) => result.findings)),
    gaps: sortGaps(gaps),
    lineOf: (finding) => lines.get(finding) ?? "",
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

function skippedGap(file: Location): ReportedGap {
  const reason = /\.h$/.test(baseNameOf(file))
    ? "not checked by itself: a header is read with the sources that include it"
    : "not checked: neither C (.c) nor a TypeScript snippet (.ts)";
  return { file, line: 1, endLine: 1, reason };
}

/** A unit whose worker died twice: nothing in it was checked. */
function lostGap(folder: string, reason: string): ReportedGap {
  return { file: folder, line: 1, endLine: 1, reason: `not checked: ${reason}` };
}
