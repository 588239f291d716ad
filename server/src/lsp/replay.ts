/** `dmaLens/replay`: the trace of one run of a finding, of the driver as it stands. */
import type { ReplayResult } from "../../../client/shared/requests.ts";
import type { Finding, ProofResult } from "../host/engine.ts";
import { mostTelling } from "../host/telling.ts";
import { toPanelFinding, toPanelPlatform, toPanelToggle } from "../host/panel-data.ts";
import type { CheckedDocument, Handler, ServerContext } from "./context.ts";
import { toFileTable } from "./convert.ts";
import { documentField, findingOf, optionalTextField, textField, textsField } from "./finding-request.ts";
import { type Proven, proveOnChosen } from "./proofs.ts";

export const replay: Handler<unknown, ReplayResult> = async (context, params, token) => {
  const { checked, finding } = await findingOf(context, documentField(params), textField(params, "finding"), token);
  const proven = await proveOnChosen(context, checked, finding, token, { progress: true });
  const platform = optionalTextField(params, "platform") ?? mostTelling(proven)?.platform.id;
  if (platform === undefined) throw new Error("The simulator runs no platform.");
  const schedule = optionalTextField(params, "schedule");
  const known = proven.find((candidate) => candidate.platform.id === platform)?.proof;
  // The run that the verdict was told by: replayed alone it would only say what that one run comes to.
  const isKnown = schedule === undefined || known?.trace?.schedule === schedule;
  const proof =
    (isKnown ? known : undefined) ??
    (await context.units.replay(checked.folder, checked.options, {
      finding: finding.fingerprint,
      platform,
      ...(schedule !== undefined && { schedule }),
    }));
  return replayResult(context, checked, finding, proven, proof, { kind: "as-is" });
};

/** A run of the driver with some calls dropped and others added: `dmaLens/replayEdited`. */
export const replayEdited: Handler<unknown, ReplayResult> = async (context, params, token) => {
  const { checked, finding } = await findingOf(context, documentField(params), textField(params, "finding"), token);
  const platform = textField(params, "platform");
  const toggles = textsField(params, "toggles");
  const proof = await context.units.replay(checked.folder, checked.options, {
    finding: finding.fingerprint,
    platform,
    toggles,
  });
  return replayResult(context, checked, finding, [], proof, { kind: "edited", toggles });
};

/** A run with all that the panel shows beside it. */
export async function replayResult(
  context: ServerContext,
  checked: CheckedDocument,
  finding: Finding,
  proven: readonly Proven[],
  proof: ProofResult,
  variant: ReplayResult["replay"]["variant"],
): Promise<ReplayResult> {
  const { snapshot } = checked;
  const toggles = await context.units.toggles(checked.folder, checked.options, finding.fingerprint);
  const { platform, verdict, sentence, trace } = proof;
  const chosen = proven.map((one) => toPanelPlatform(one.platform, one.proof));
  const others = context.engine.platforms.filter(
    (other) => other.simulated && !proven.some((one) => one.platform.id === other.id),
  );
  return {
    finding: toPanelFinding(snapshot, finding),
    platforms: [...chosen, ...others.map((other) => toPanelPlatform(other, other.id === platform ? proof : undefined))],
    replay: { variant, platform, verdict, sentence, ...(trace !== undefined && { trace }) },
    toggles: toggles.map((toggle) => toPanelToggle(snapshot, toggle)),
    files: toFileTable(context, snapshot, finding, trace),
  };
}
