/** `textDocument/hover`: the contract of an API name, and the verdicts of a finding. */
import { type Hover, type HoverParams, MarkupKind } from "vscode-languageserver/node";
import type { ApiFunction } from "../host/engine.ts";
import { checkedDocument, isChecked } from "./checked-document.ts";
import type { Handler, ServerContext } from "./context.ts";
import { compare, toRange } from "./convert.ts";
import { contractText, verdictText } from "./hover-text.ts";
import { proveOnChosen } from "./proofs.ts";

export const hover: Handler<HoverParams, Hover | null> = async (context, params, token) => {
  const document = context.documents.get(params.textDocument.uri);
  if (document === undefined) return null;
  const parts: string[] = [];

  const word = wordAt(document.getText(), document.offsetAt(params.position));
  // A header is not checked, but the API's names are explained in it too.
  const api = isChecked(document) || document.languageId === "c" ? catalogueOf(context).get(word) : undefined;
  if (api !== undefined) parts.push(contractText(api));

  const checked = await checkedDocument(context, params.textDocument.uri, token);
  for (const finding of checked?.snapshot.findings ?? []) {
    if (checked === undefined || finding.file !== checked.name || !finding.provable) continue;
    const range = toRange(checked.snapshot, finding);
    if (compare(range.start, params.position) > 0 || compare(params.position, range.end) > 0) continue;
    parts.push(
      verdictText(finding, await proveOnChosen(context, checked, finding, token), context.pageOf(finding.rule)),
    );
  }
  if (parts.length === 0) return null;
  const kind = context.client.markdown ? MarkupKind.Markdown : MarkupKind.PlainText;
  return { contents: { kind, value: parts.join("\n\n---\n\n") } };
};

const catalogues = new WeakMap<readonly ApiFunction[], ReadonlyMap<string, ApiFunction>>();

function catalogueOf({ engine }: ServerContext): ReadonlyMap<string, ApiFunction> {
  let byName = catalogues.get(engine.catalogue);
  if (byName === undefined) {
    byName = new Map(engine.catalogue.map((api) => [api.name, api]));
    catalogues.set(engine.catalogue, byName);
  }
  return byName;
}

/** The C name that an offset is in or beside; empty when it is in none. */
function wordAt(text: string, offset: number): string {
  // No name of the API is longer; a line may have megabytes.
  const from = Math.max(0, offset - 64);
  const before = /\w*$/.exec(text.slice(from, offset))?.[0] ?? "";
  const after = /^\w*/.exec(text.slice(offset, offset + 64))?.[0] ?? "";
  return before + after;
}
