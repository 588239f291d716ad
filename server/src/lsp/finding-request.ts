/** What the requests about one finding share: reading the parameters, and finding what they name. */
import { type CancellationToken, ErrorCodes, ResponseError } from "vscode-languageserver/node";
import type { Finding } from "../host/engine.ts";
import { checkedDocument } from "./checked-document.ts";
import type { CheckedDocument, ServerContext } from "./context.ts";

/** A client may send anything: these fields are read one by one. Throws an error for the client when one is not there. */
export function textField(params: unknown, name: string): string {
  const value = optionalTextField(params, name);
  if (value === undefined) throw new ResponseError(ErrorCodes.InvalidParams, `The field '${name}' is missing.`);
  return value;
}

export function optionalTextField(params: unknown, name: string): string | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  const value: unknown = Object.getOwnPropertyDescriptor(params, name)?.value;
  return typeof value === "string" ? value : undefined;
}

/** A list of texts; throws an error for the client when it is none. */
export function textsField(params: unknown, name: string): readonly string[] {
  const list: unknown =
    typeof params === "object" && params !== null ? Object.getOwnPropertyDescriptor(params, name)?.value : undefined;
  if (!Array.isArray(list) || !list.every((one) => typeof one === "string")) {
    throw new ResponseError(ErrorCodes.InvalidParams, `The field '${name}' is no list of texts.`);
  }
  return list;
}

export function documentField(params: unknown): string {
  const document: unknown =
    typeof params === "object" && params !== null && "textDocument" in params ? params.textDocument : undefined;
  return textField(document, "uri");
}

/** The document and the finding that the parameters name. Throws a sentence for people when they are gone. */
export async function findingOf(
  context: ServerContext,
  uri: string,
  fingerprint: string,
  token: CancellationToken | undefined,
): Promise<{ readonly checked: CheckedDocument; readonly finding: Finding }> {
  const checked = await checkedDocument(context, uri, token);
  if (checked === undefined) {
    throw new ResponseError(
      ErrorCodes.InvalidRequest,
      "The file is no driver source, or DMA Lens is switched off for it.",
    );
  }
  const finding = checked.snapshot.findings.find((candidate) => candidate.fingerprint === fingerprint);
  if (finding === undefined)
    throw new ResponseError(ErrorCodes.InvalidRequest, "This finding is not in the source any more.");
  return { checked, finding };
}
