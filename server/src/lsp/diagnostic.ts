/** `textDocument/diagnostic`: the client asks for the findings of one document. */
import { createHash } from "node:crypto";
import {
  type Diagnostic,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
} from "vscode-languageserver/node";
import { notifications, type UnitStatus } from "../../../client/shared/requests.ts";
import { checkedDocument } from "./checked-document.ts";
import type { Handler, ServerContext } from "./context.ts";
import { toDiagnostic } from "./convert.ts";

export const diagnostic: Handler<DocumentDiagnosticParams, DocumentDiagnosticReport> = async (
  context,
  params,
  token,
) => {
  const items = await diagnosticsOf(context, params.textDocument.uri, token);
  // Equal findings have an equal id, whatever version they were found in.
  const resultId = createHash("sha256").update(JSON.stringify(items)).digest("base64url");
  if (resultId === params.previousResultId) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId };
  return { kind: DocumentDiagnosticReportKind.Full, resultId, items };
};

/** The diagnostics of a document as it is now; none when it is not checked. Tells the client what was understood. */
export async function diagnosticsOf(
  context: ServerContext,
  uri: string,
  token?: Parameters<typeof checkedDocument>[2],
): Promise<Diagnostic[]> {
  const checked = await checkedDocument(context, uri, token);
  if (checked === undefined) return [];
  const { name, snapshot } = checked;
  const findings = snapshot.findings.filter((finding) => finding.file === name);
  if (context.client.commands) {
    const { functions, gaps } = snapshot;
    const status: UnitStatus = { uri, findings: findings.length, functions, gaps: gaps.length };
    void context.connection.sendNotification(notifications.status, status);
  }
  return findings.map((finding) => toDiagnostic(context, snapshot, finding));
}
