/** `textDocument/codeAction`: the fixes of the findings in a range, and the way to their proof. */
import { type CodeAction, CodeActionKind, type CodeActionParams } from "vscode-languageserver/node";
import { commands } from "../../../client/shared/requests.ts";
import type { Finding } from "../host/engine.ts";
import { checkedDocument } from "./checked-document.ts";
import type { CheckedDocument, Handler, ServerContext } from "./context.ts";
import { toDiagnostic, touches, toWorkspaceEdit } from "./convert.ts";

/** What `codeAction/resolve` needs to find the fix again. */
export interface ActionData {
  readonly uri: string;
  readonly finding: string;
  readonly fix: string;
}

export const codeAction: Handler<CodeActionParams, CodeAction[]> = async (context, params, token) => {
  const { only } = params.context;
  if (only?.every((kind) => kind !== CodeActionKind.Empty && kind !== CodeActionKind.QuickFix) === true) return [];
  const checked = await checkedDocument(context, params.textDocument.uri, token);
  if (checked === undefined) return [];
  // Findings are looked up by place, not by the diagnostics that the client sends: not every client gives back `data`.
  const here = checked.snapshot.findings.filter(
    (finding) => finding.file === checked.name && touches(checked.snapshot, finding, params.range),
  );
  const fixes = here.flatMap((finding) => fixActions(context, checked, finding));
  return [
    ...fixes,
    ...(context.client.commands ? here.flatMap((finding) => commandActions(context, checked, finding)) : []),
  ];
};

function fixActions(context: ServerContext, { uri, snapshot }: CheckedDocument, finding: Finding): CodeAction[] {
  const diagnostics = [toDiagnostic(context, snapshot, finding)];
  const preferred = finding.fixes.find((fix) => fix.safety === "safe");
  return finding.fixes.map((fix) => {
    const data: ActionData = { uri, finding: finding.fingerprint, fix: fix.id };
    return {
      title: fix.title,
      kind: CodeActionKind.QuickFix,
      diagnostics,
      ...(fix === preferred && { isPreferred: true }),
      ...(context.client.resolvesActionEdits ? { data } : { edit: toWorkspaceEdit(context, snapshot, fix) }),
    };
  });
}

function commandActions(context: ServerContext, { uri, snapshot }: CheckedDocument, finding: Finding): CodeAction[] {
  const diagnostics = [toDiagnostic(context, snapshot, finding)];
  const kind = CodeActionKind.QuickFix;
  const replayTitle = "Replay: show which byte goes stale";
  const explainTitle = `Explain ${finding.rule}`;
  const actions: CodeAction[] = [];
  if (finding.provable) {
    const command = { title: replayTitle, command: commands.replay, arguments: [uri, finding.fingerprint] };
    actions.push({ title: replayTitle, kind, diagnostics, command });
  }
  const command = { title: explainTitle, command: commands.explainRule, arguments: [finding.rule] };
  actions.push({ title: explainTitle, kind, diagnostics, command });
  return actions;
}
