/** SARIF 2.1.0, for code scanning. */
import { pathToFileURL } from "node:url";
import type { Artifact, Location, Log, ReportingDescriptor, Result } from "sarif";
import type { Engine, RuleMeta, Severity } from "../../host/engine.ts";
import type { Report, ReportedFinding, Stretch } from "../report.ts";

const levels = { error: "error", warning: "warning", hint: "note" } as const satisfies Record<Severity, string>;

export function formatSarif(report: Report, engine: Engine): string {
  const found = new Set(report.findings.map((finding) => finding.rule));
  const rules = engine.rules.filter((rule) => found.has(rule.id));
  const log: Log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "dma-lens", version: engine.version, rules: rules.map(descriptorOf) } },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: report.gaps.map((gap) => ({
              level: "note",
              message: { text: gap.reason },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: uriOf(gap.file) },
                    region: { startLine: gap.line, endLine: gap.endLine },
                  },
                },
              ],
            })),
          },
        ],
        artifacts: [...new Set(report.findings.map((finding) => finding.file))].map(
          (file): Artifact => ({ location: { uri: uriOf(file) } }),
        ),
        results: report.findings.map((finding) => resultOf(finding, rules)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function descriptorOf(rule: RuleMeta): ReportingDescriptor {
  return {
    id: rule.id,
    shortDescription: { text: rule.summary },
    fullDescription: { text: rule.why },
    help: { text: rule.remedy },
    defaultConfiguration: { level: levels[rule.severity] },
    properties: { tags: [rule.group, rule.stage] },
  };
}

function resultOf(finding: ReportedFinding, rules: readonly RuleMeta[]): Result {
  const steps = finding.path.map(
    (step): Location => ({
      physicalLocation: {
        artifactLocation: { uri: uriOf(step.file) },
        region: { startLine: step.line, startColumn: step.column },
      },
      message: { text: step.note },
    }),
  );
  return {
    ruleId: finding.rule,
    ruleIndex: rules.findIndex((rule) => rule.id === finding.rule),
    level: levels[finding.severity],
    message: { text: finding.message },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(finding.file) }, region: regionOf(finding) },
        logicalLocations: [{ name: finding.function, kind: "function" }],
      },
    ],
    ...(steps.length > 0 && {
      relatedLocations: steps.map((step, id) => ({ ...step, id })),
      codeFlows: [{ threadFlows: [{ locations: steps.map((location) => ({ location })) }] }],
    }),
    partialFingerprints: { "dmaLens/v1": finding.fingerprint },
    ...(finding.fixes.length > 0 && {
      fixes: finding.fixes.map((fix) => ({
        description: { text: fix.title },
        artifactChanges: [...new Set(fix.edits.map((edit) => edit.file))].map((file) => ({
          artifactLocation: { uri: uriOf(file) },
          replacements: fix.edits
            .filter((edit) => edit.file === file)
            .map((edit) => ({ deletedRegion: regionOf(edit), insertedContent: { text: edit.newText } })),
        })),
      })),
    }),
    ...(Object.keys(finding.verdicts).length > 0 && { properties: { verdicts: finding.verdicts } }),
  };
}

function regionOf({ line, column, endLine, endColumn }: Stretch) {
  return { startLine: line, startColumn: column, endLine, endColumn };
}

/** Relative names stay relative to the place of the run; others become file URIs. */
function uriOf(file: string): string {
  return file.startsWith("/") ? pathToFileURL(file).href : file.split("/").map(encodeURIComponent).join("/");
}
