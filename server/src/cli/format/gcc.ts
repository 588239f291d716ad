import type { Report } from "../report.ts";

/** As a compiler prints it, one line each, for vim's quickfix, Emacs' compile mode and VS Code's `$gcc` matcher. */
export function formatGcc(report: Report): string {
  const lines = report.findings.flatMap((finding) => {
    // The word `hint` is unknown to those readers.
    const severity = finding.severity === "hint" ? "note" : finding.severity;
    const notes = finding.path.map((step) => `${step.file}:${step.line}:${step.column}: note: ${oneLine(step.note)}`);
    return [
      `${finding.file}:${finding.line}:${finding.column}: ${severity}: ${oneLine(finding.message)} [${finding.rule}]`,
      ...notes,
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
