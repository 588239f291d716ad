/** `codeAction/resolve`: makes the edit of the fix that was chosen. */
import type { CodeAction } from "vscode-languageserver/node";
import { checkedDocument } from "./checked-document.ts";
import type { ActionData } from "./code-action.ts";
import type { Handler } from "./context.ts";
import { toWorkspaceEdit } from "./convert.ts";

/** The action comes back without an edit when the finding has gone meanwhile: the client then does nothing. */
export const codeActionResolve: Handler<CodeAction, CodeAction> = async (context, action, token) => {
  const data = actionData(action.data);
  const checked = data && (await checkedDocument(context, data.uri, token));
  const finding = checked?.snapshot.findings.find((candidate) => candidate.fingerprint === data?.finding);
  const fix = finding?.fixes.find((candidate) => candidate.id === data?.fix);
  if (checked === undefined || fix === undefined) return action;
  return { ...action, edit: toWorkspaceEdit(context, checked.snapshot, fix) };
};

function actionData(value: unknown): ActionData | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("uri" in value) || !("finding" in value) || !("fix" in value)) return undefined;
  const { uri, finding, fix } = value;
  if (typeof uri !== "string" || typeof finding !== "string" || typeof fix !== "string") return undefined;
  return { uri, finding, fix };
}
