/** Between the engine's terms and LSP's: the only place that knows both. Offsets are UTF-16 on both sides. */
import {
  type Diagnostic,
  DiagnosticSeverity,
  type Location as LspLocation,
  type Position,
  type Range,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from "vscode-languageserver/node";
import type { FileSpan, Finding, Fix, Severity, SourceText, Trace } from "../host/engine.ts";
import type { UnitSnapshot } from "../host/unit-store.ts";
import type { ServerContext } from "./context.ts";

/** `source` of every diagnostic. */
export const diagnosticSource = "dma-lens";

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  hint: DiagnosticSeverity.Hint,
};

export function toPosition(text: SourceText, offset: number): Position {
  const { line, column } = text.positionAt(offset);
  return { line: line - 1, character: column - 1 };
}

export function toRange(snapshot: UnitSnapshot, span: FileSpan): Range {
  const text = snapshot.textOf(span.file);
  if (text === undefined) return { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
  return { start: toPosition(text, span.start), end: toPosition(text, span.end) };
}

/** Undefined when the file is not in the unit any more. */
export function toLocation(context: ServerContext, snapshot: UnitSnapshot, span: FileSpan): LspLocation | undefined {
  const location = snapshot.locationOf(span.file);
  return location === undefined ? undefined : { uri: context.uriOf(location), range: toRange(snapshot, span) };
}

/** `data` of a diagnostic names the finding, for clients that give it back. */
export function toDiagnostic(context: ServerContext, snapshot: UnitSnapshot, finding: Finding): Diagnostic {
  const { client } = context;
  const href = client.codeDescription ? context.pageOf(finding.rule) : undefined;
  // The last step is the finding itself.
  const steps = client.relatedInformation ? finding.path.filter((step) => step.role !== "sink") : [];
  const related = steps.flatMap((step) => {
    const location = toLocation(context, snapshot, step);
    return location === undefined ? [] : [{ location, message: sentence(step.note) }];
  });
  return {
    range: toRange(snapshot, finding),
    severity: severities[finding.severity],
    code: finding.rule,
    source: diagnosticSource,
    message: finding.message,
    data: { finding: finding.fingerprint },
    ...(href !== undefined && { codeDescription: { href } }),
    ...(related.length > 0 && { relatedInformation: related }),
  };
}

/**
 * A fix as an edit of the documents' versions that were analysed, so that a client never applies it to another text.
 * A file that is not open has no version (null): the disk's text.
 */
export function toWorkspaceEdit(context: ServerContext, snapshot: UnitSnapshot, fix: Fix): WorkspaceEdit {
  const byFile = new Map<string, TextDocumentEdit>();
  for (const edit of fix.edits) {
    const location = snapshot.locationOf(edit.file);
    if (location === undefined) continue;
    let change = byFile.get(edit.file);
    if (change === undefined) {
      const version = snapshot.versionOf(edit.file) ?? null;
      change = { textDocument: { uri: context.uriOf(location), version }, edits: [] };
      byFile.set(edit.file, change);
    }
    change.edits.push({ range: toRange(snapshot, edit), newText: edit.newText });
  }
  const changes = [...byFile.values()];
  if (context.client.versionedEdits) return { documentChanges: changes };
  return {
    changes: Object.fromEntries(
      changes.map(({ textDocument, edits }) => [textDocument.uri, edits.filter((edit) => "newText" in edit)]),
    ),
  };
}

/** Whether a finding lies in, or touches, a range of its file. */
export function touches(snapshot: UnitSnapshot, finding: Finding, range: Range): boolean {
  const own = toRange(snapshot, finding);
  return compare(own.start, range.end) <= 0 && compare(range.start, own.end) <= 0;
}

export function compare(a: Position, b: Position): number {
  return a.line - b.line || a.character - b.character;
}

/** URIs of the files that a finding and a trace speak of, by their names. */
export function toFileTable(
  context: ServerContext,
  snapshot: UnitSnapshot,
  finding: Finding,
  trace: Trace | undefined,
): Record<string, string> {
  const names = [
    finding.file,
    ...finding.path.map((step) => step.file),
    ...(trace?.sources ?? []).map(({ file }) => file),
  ];
  const table: Record<string, string> = {};
  for (const name of names) {
    const location = snapshot.locationOf(name);
    if (location !== undefined) table[name] = context.uriOf(location);
  }
  return table;
}

/** A note of the path, as a sentence. */
function sentence(note: string): string {
  return note.charAt(0).toUpperCase() + note.slice(1) + (/[.!?]$/.test(note) ? "" : ".");
}
