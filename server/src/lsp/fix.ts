/** `dmaLens/fix`: the edit of one fix, for the panel's button. */
import { ErrorCodes, ResponseError, type WorkspaceEdit } from "vscode-languageserver/node";
import type { Handler } from "./context.ts";
import { toWorkspaceEdit } from "./convert.ts";
import { documentField, findingOf, textField } from "./finding-request.ts";

export const fix: Handler<unknown, WorkspaceEdit> = async (context, params, token) => {
  const { checked, finding } = await findingOf(context, documentField(params), textField(params, "finding"), token);
  const chosen = finding.fixes.find((candidate) => candidate.id === textField(params, "fix"));
  if (chosen === undefined) throw new ResponseError(ErrorCodes.InvalidRequest, "This fix is not offered any more.");
  return toWorkspaceEdit(context, checked.snapshot, chosen);
};
