/** A replay as one file for a browser: what the editor's panel shows, with its own script and style in it. */
import { createHash } from "node:crypto";
import { markdownOf } from "@dma-lens/engine/trace";
import { exportPage } from "../../../../client/shared/export-page.ts";
import { type PanelReplay, protocolVersion } from "../../../../client/shared/protocol.ts";
import type { Finding, PlatformInfo, ProofResult, Trace } from "../../host/engine.ts";
import { type TextsOfUnit, toPanelFinding, toPanelPlatform } from "../../host/panel-data.ts";

export interface PageParts {
  readonly unit: TextsOfUnit;
  readonly finding: Finding;
  /** The run that is shown, which has a trace. */
  readonly shown: ProofResult & { readonly trace: Trace };
  /** All verdicts that are known, by platform. */
  readonly proofs: readonly ProofResult[];
  readonly platforms: readonly PlatformInfo[];
  /** The panel's script and style, as they are built. */
  readonly panel: { readonly script: string; readonly style: string };
}

export function formatPage({ unit, finding, shown, proofs, platforms, panel }: PageParts): string {
  const variant = { kind: "as-is" } as const;
  const { platform, verdict, sentence, trace } = shown;
  const replay: PanelReplay = { variant, platform, verdict, sentence, trace };
  const known = new Map(proofs.map((proof) => [proof.platform, proof]));
  return exportPage({
    title: finding.message,
    run: {
      kind: "init",
      finding: toPanelFinding(unit, finding),
      platforms: platforms.flatMap((one) => (known.has(one.id) ? [toPanelPlatform(one, known.get(one.id))] : [])),
      replay,
      toggles: [],
      state: {
        version: protocolVersion,
        // Nothing of the sender's machine.
        uri: "file:///",
        finding: finding.fingerprint,
        platform,
        variant,
        schedule: trace.schedule,
        step: 0,
      },
    },
    script: panel.script,
    style: panel.style,
    plain: markdownOf(trace, { step: 0, message: finding.message }),
    hash: (content) => createHash("sha256").update(content).digest("base64"),
  });
}
