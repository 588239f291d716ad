/** `codeLens/resolve`: executes the finding, and names the platform on which it does harm. */
import type { CodeLens, Command } from "vscode-languageserver/node";
import { commands } from "../../../client/shared/requests.ts";
import { mostTelling, shortTitle } from "../host/telling.ts";
import { checkedDocument } from "./checked-document.ts";
import type { LensData } from "./code-lens.ts";
import type { Handler } from "./context.ts";
import { replayCommand } from "./execute-command.ts";
import { type Proven, proveOnChosen } from "./proofs.ts";

export const codeLensResolve: Handler<CodeLens, CodeLens> = async (context, lens, token) => {
  const data = lensData(lens.data);
  const checked = data && (await checkedDocument(context, data.uri, token));
  const finding = checked?.snapshot.findings.find((candidate) => candidate.fingerprint === data?.finding);
  // A lens without a command cannot be clicked; the next request for lenses takes it away.
  if (data === undefined || checked === undefined || finding === undefined) return { ...lens, command: gone };
  const telling = mostTelling(await proveOnChosen(context, checked, finding, token));
  const title = titleOf(telling) + (data.rule === undefined ? "" : ` (${data.rule})`);
  const platform = telling === undefined ? [] : [telling.platform.id];
  const command = context.client.commands ? commands.replay : replayCommand;
  return { ...lens, command: { title, command, arguments: [data.uri, data.finding, ...platform] } };
};

const gone: Command = { title: "", command: "" };

function titleOf(telling: Proven | undefined): string {
  if (telling === undefined) return "Replay";
  const { proof } = telling;
  const title = shortTitle(telling.platform.title);
  if (proof.verdict === "always" || proof.verdict === "sometimes") return `Replay on ${title}`;
  return proof.verdict === "never" ? `Replay on ${title}: no harm there` : `Replay on ${title}: not shown`;
}

function lensData(value: unknown): LensData | undefined {
  if (typeof value !== "object" || value === null || !("uri" in value) || !("finding" in value)) return undefined;
  const { uri, finding } = value;
  if (typeof uri !== "string" || typeof finding !== "string") return undefined;
  return "rule" in value && typeof value.rule === "string" ? { uri, finding, rule: value.rule } : { uri, finding };
}
