/** What `check` has found, in lines and columns: the one shape from which every format is made. Its JSON is a contract. */
import type { FileSpan, Finding, Gap, Severity, SourceText, Verdict } from "../host/engine.ts";
import { byCodeUnit } from "../host/file-system.ts";

/** Lines and columns count from 1; columns count UTF-16 code units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
export interface Stretch extends Place {
  readonly endLine: number;
  readonly endColumn: number;
}

export interface ReportedFinding extends Stretch {
  readonly rule: string;
  readonly severity: Severity;
  readonly stage: "stable" | "preview";
  readonly function: string;
  readonly message: string;
  readonly path: readonly (Place & { readonly note: string })[];
  readonly fixes: readonly {
    readonly id: string;
    readonly title: string;
    readonly safety: "safe" | "review";
    readonly edits: readonly (Stretch & { readonly newText: string })[];
  }[];
  readonly fingerprint: string;
  /** Platform → verdict; empty unless platforms were asked for. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

export interface ReportedGap {
  readonly file: string;
  readonly line: number;
  readonly endLine: number;
  readonly reason: string;
}

export interface Report {
  /** "dma-lens 0.1.0" */
  readonly tool: string;
  /** Sources looked at, headers not counted. */
  readonly files: number;
  readonly elapsedMs: number;
  readonly findings: readonly ReportedFinding[];
  readonly gaps: readonly ReportedGap[];
  /** The source line of a finding, for the frame of the text format; not part of the JSON. */
  readonly lineOf: (finding: ReportedFinding) => string;
}

type Texts = (name: string) => SourceText | undefined;

/** A finding in lines and columns. */
export function reportFinding(
  finding: Finding,
  textOf: Texts,
  verdicts: Readonly<Record<string, Verdict>>,
): ReportedFinding {
  return {
    rule: finding.rule,
    severity: finding.severity,
    stage: finding.stage,
    ...stretchOf(finding, textOf),
    function: finding.function,
    message: finding.message,
    path: finding.path.map((step) => {
      const { file, line, column } = stretchOf(step, textOf);
      return { file, line, column, note: step.note };
    }),
    fixes: finding.fixes.map(({ id, title, safety, edits }) => ({
      id,
      title,
      safety,
      edits: edits.map((edit) => ({ ...stretchOf(edit, textOf), newText: edit.newText })),
    })),
    fingerprint: finding.fingerprint,
    verdicts,
  };
}

export function reportGap(gap: Gap, textOf: Texts): ReportedGap {
  const { file, line, endLine } = stretchOf(gap, textOf);
  return { file, line, endLine, reason: gap.reason };
}

/** By file, place and rule, whatever order the paths were given in. */
export function sortFindings(findings: readonly ReportedFinding[]): ReportedFinding[] {
  return [...findings].sort(
    (a, b) =>
      byCodeUnit(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      byCodeUnit(a.rule, b.rule) ||
      byCodeUnit(a.fingerprint, b.fingerprint),
  );
}

/** By file and line; a header that several units include tells its gaps once. */
export function sortGaps(gaps: readonly ReportedGap[]): ReportedGap[] {
  const unique = new Map(gaps.map((gap) => [JSON.stringify(gap), gap]));
  return [...unique.values()].sort(
    (a, b) => byCodeUnit(a.file, b.file) || a.line - b.line || a.endLine - b.endLine || byCodeUnit(a.reason, b.reason),
  );
}

function stretchOf(span: FileSpan, textOf: Texts): Stretch {
  const text = textOf(span.file);
  if (text === undefined) return { file: span.file, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const start = text.positionAt(span.start);
  const end = text.positionAt(span.end);
  return { file: span.file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}
