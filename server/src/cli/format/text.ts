/** For people at a terminal: where, what, the line with a caret, how the memory came there, why it matters, what to do. */
import type { RuleMeta, Severity } from "../../host/engine.ts";
import type { Report, ReportedFinding, ReportedGap } from "../report.ts";
import type { Style } from "../style.ts";

/** Gaps that are listed one by one; beyond it only their reasons are counted. */
const gapsListed = 10;
/** Columns; longer source lines are cut around the caret. */
const widestLine = 160;

export function formatText(report: Report, rules: readonly RuleMeta[], style: Style): string {
  const explained = new Set<string>();
  const parts = report.findings.map((finding) => {
    const meta = rules.find((rule) => rule.id === finding.rule);
    const first = !explained.has(finding.rule);
    explained.add(finding.rule);
    return findingText(finding, report.lineOf(finding), first ? meta : undefined, style);
  });
  return [...parts, summary(report, style)].join("\n");
}

/** `meta` is given for the first finding of a rule: why and what to do are told once. */
function findingText(finding: ReportedFinding, sourceLine: string, meta: RuleMeta | undefined, style: Style): string {
  const where = style.bold(`${finding.file}:${finding.line}:${finding.column}:`);
  const lines = [
    `${where} ${coloured(finding.severity, `${finding.severity}:`, style)} ${style.bold(finding.message)} ${style.faint(`[${finding.rule}]`)}`,
    ...frame(finding, sourceLine, style),
  ];
  for (const step of finding.path)
    lines.push(`  ${style.faint(`${step.file}:${step.line}:${step.column}:`)} ${step.note}`);
  for (const [platform, verdict] of Object.entries(finding.verdicts))
    lines.push(`  ${style.faint(`${platform}:`)} ${verdict === "unknown" ? "harm not shown" : `${verdict} harmful`}`);
  if (meta !== undefined) {
    lines.push(`  ${style.cyan("why:")} ${meta.why}`, `  ${style.cyan("do:")}  ${meta.remedy}`);
  }
  for (const fix of finding.fixes) {
    lines.push(
      `  ${style.green("fix:")} ${fix.title}${fix.safety === "review" ? style.faint(" (to be reviewed)") : ""}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** The source line and a row of carets under the finding; of a finding of several lines, the first. */
function frame(finding: ReportedFinding, sourceLine: string, style: Style): string[] {
  if (sourceLine === "") return [];
  const shown = printable(sourceLine);
  const from = Math.max(0, Math.min(finding.column - 1, shown.length));
  const to = finding.endLine > finding.line ? shown.length : Math.min(finding.endColumn - 1, shown.length);
  const cutBefore = shown.length > widestLine ? Math.max(0, from - 40) : 0;
  const visible = shown.slice(cutBefore, cutBefore + widestLine);
  const length = Math.max(1, Math.min(to, cutBefore + widestLine) - from);
  const gutter = String(finding.line).padStart(5);
  // Tabs stay tabs, so that the caret stands under its letter whatever the width of a tab.
  const indent = shown.slice(cutBefore, from).replace(/[^\t]/g, " ");
  return [
    `${style.faint(`${gutter} |`)} ${visible}`,
    `${style.faint("      |")} ${indent}${coloured(finding.severity, "^".repeat(length), style)}`,
  ];
}

function summary(report: Report, style: Style): string {
  const counts = (["error", "warning", "hint"] as const)
    .map((severity) => [severity, report.findings.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => plural(count, severity));
  const inFiles = new Set(report.findings.map((finding) => finding.file)).size;
  const found =
    counts.length === 0 ? style.green("No findings") : `${style.bold(counts.join(", "))} in ${plural(inFiles, "file")}`;
  const lines = [`${found}. ${plural(report.files, "source file")} read.`];
  if (report.gaps.length > 0) lines.push(...gapLines(report.gaps));
  return `${lines.join("\n")}\n`;
}

function gapLines(gaps: readonly ReportedGap[]): string[] {
  const lines = [`${plural(gaps.length, "gap")}: what was not understood is not checked.`];
  if (gaps.length <= gapsListed) {
    for (const gap of gaps) {
      const range = gap.endLine > gap.line ? `${gap.line}-${gap.endLine}` : String(gap.line);
      lines.push(`  ${gap.file}:${range}: ${gap.reason}`);
    }
    return lines;
  }
  const reasons = new Map<string, number>();
  for (const { reason } of gaps) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const ranked = [...reasons].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  for (const [reason, count] of ranked.slice(0, gapsListed)) lines.push(`  ${String(count).padStart(5)} ${reason}`);
  const rest = ranked.slice(gapsListed).reduce((sum, [, count]) => sum + count, 0);
  if (rest > 0) lines.push(`  ${String(rest).padStart(5)} for other reasons (--format json lists all)`);
  return lines;
}

function coloured(severity: Severity, text: string, style: Style): string {
  return severity === "error" ? style.red(text) : severity === "warning" ? style.yellow(text) : style.cyan(text);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A file's control characters must not steer the terminal. One column each, as columns are counted. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\ufffd");
}
