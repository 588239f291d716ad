/** `dmaLens/replayWithFix`: executes the driver with a fix applied in memory, to show that it heals. */
import type { ReplayResult } from "../../../client/shared/requests.ts";
import type { Handler } from "./context.ts";
import { documentField, findingOf, textField } from "./finding-request.ts";
import { proveOnChosen } from "./proofs.ts";
import { replayResult } from "./replay.ts";

export const replayWithFix: Handler<unknown, ReplayResult> = async (context, params, token) => {
  const { checked, finding } = await findingOf(context, documentField(params), textField(params, "finding"), token);
  const fix = textField(params, "fix");
  const platform = textField(params, "platform");
  const proven = await proveOnChosen(context, checked, finding, token, { fix, progress: true });
  const proof =
    proven.find((candidate) => candidate.platform.id === platform)?.proof ??
    (await context.units.replay(checked.folder, checked.options, { finding: finding.fingerprint, platform, fix }));
  return replayResult(context, checked, finding, proven, proof, { kind: "fixed", fix });
};
