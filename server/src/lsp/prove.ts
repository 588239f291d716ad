/** `dmaLens/prove`: the verdict of each chosen platform for a finding. */
import { toPanelPlatform } from "../host/panel-data.ts";
import type { ProveResult } from "../../../client/shared/requests.ts";
import type { Handler } from "./context.ts";
import { documentField, findingOf, optionalTextField, textField } from "./finding-request.ts";
import { proveOnChosen } from "./proofs.ts";

export const prove: Handler<unknown, ProveResult> = async (context, params, token) => {
  const { checked, finding } = await findingOf(context, documentField(params), textField(params, "finding"), token);
  const proven = await proveOnChosen(context, checked, finding, token, {
    fix: optionalTextField(params, "fix"),
    progress: true,
  });
  return { platforms: proven.map(({ platform, proof }) => toPanelPlatform(platform, proof)) };
};
