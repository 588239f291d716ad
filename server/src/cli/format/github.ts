import type { Report } from "../report.ts";

/** Workflow commands of GitHub Actions: annotations on the lines of a pull request. */
export function formatGithub(report: Report): string {
  return report.findings
    .map((finding) => {
      const command = finding.severity === "hint" ? "notice" : finding.severity;
      const properties = [
        ["file", finding.file],
        ["line", finding.line],
        ["endLine", finding.endLine],
        ["col", finding.column],
        // GitHub ignores columns of a stretch of several lines.
        ...(finding.line === finding.endLine ? [["endColumn", finding.endColumn]] : []),
        ["title", finding.rule],
      ];
      const text = properties.map(([name, value]) => `${name}=${escapeProperty(String(value))}`).join(",");
      return `::${command} ${text}::${escapeData(finding.message)}\n`;
    })
    .join("");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
