/** `textDocument/codeLens`: above each function with a finding that can be executed, "Replay on <platform>". */
import type { CodeLens, CodeLensParams } from "vscode-languageserver/node";
import { checkedDocument } from "./checked-document.ts";
import type { Handler } from "./context.ts";
import { toRange } from "./convert.ts";

/** What `codeLens/resolve` needs; the platform is found only when the lens is seen, since it wants the finding executed. */
export interface LensData {
  readonly uri: string;
  readonly finding: string;
  /** Told in the title, where the function has several findings. */
  readonly rule?: string;
}

export const codeLens: Handler<CodeLensParams, CodeLens[]> = async (context, params, token) => {
  const checked = await checkedDocument(context, params.textDocument.uri, token);
  if (checked === undefined || !checked.settings.codeLens) return [];
  const { uri, name, snapshot } = checked;
  const provable = snapshot.findings.filter((finding) => finding.file === name && finding.provable);
  return provable.map((finding): CodeLens => {
    const alone = provable.every((other) => other === finding || other.function !== finding.function);
    const data: LensData = {
      uri,
      finding: finding.fingerprint,
      ...(!alone && { rule: finding.rule.replace(/^dma\//, "") }),
    };
    return { range: toRange(snapshot, finding.functionSpan ?? finding), data };
  });
};
