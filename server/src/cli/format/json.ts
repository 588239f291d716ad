import type { Report } from "../report.ts";

/** The contract of DMA Lens with other tools: `version` is raised when a field changes its meaning or goes. */
export function formatJson(report: Report): string {
  const { tool, files, elapsedMs, findings, gaps } = report;
  return `${JSON.stringify({ version: 1, tool, files, elapsedMs, findings, gaps }, undefined, 2)}\n`;
}
