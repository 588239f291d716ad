/** `dmaLens/findings`: the findings of an open document, for the client's commands. */
import { toPanelFinding } from "../host/panel-data.ts";
import type { FindingsResult } from "../../../client/shared/requests.ts";
import { checkedDocument } from "./checked-document.ts";
import type { Handler } from "./context.ts";
import { documentField } from "./finding-request.ts";

export const findings: Handler<unknown, FindingsResult> = async (context, params, token) => {
  const checked = await checkedDocument(context, documentField(params), token);
  const own = checked?.snapshot.findings.filter((finding) => finding.file === checked.name) ?? [];
  return {
    findings: own.flatMap((finding) => {
      if (checked === undefined) return [];
      const { fingerprint, provable } = finding;
      return [{ ...toPanelFinding(checked.snapshot, finding), fingerprint, provable }];
    }),
  };
};
