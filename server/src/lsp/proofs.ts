/** Executes a finding on the platforms that the settings choose, one by one, so that a newer request can break in. */
import type { CancellationToken } from "vscode-languageserver/node";
import type { Finding, PlatformInfo, ProofResult } from "../host/engine.ts";
import { chosenPlatforms } from "../host/settings.ts";
import { throwIfCancelled } from "./checked-document.ts";
import type { CheckedDocument, ServerContext } from "./context.ts";

export interface Proven {
  readonly platform: PlatformInfo;
  readonly proof: ProofResult;
}

/**
 * Verdicts on the chosen platforms, in their order. `fix` proves the text with that fix applied; `progress` is shown where somebody
 * waits for the answer.
 */
export async function proveOnChosen(
  context: ServerContext,
  checked: CheckedDocument,
  finding: Finding,
  token: CancellationToken | undefined,
  { fix, progress: wanted = false }: { readonly fix?: string | undefined; readonly progress?: boolean } = {},
): Promise<readonly Proven[]> {
  const platforms = chosenPlatforms(checked.settings, context.engine.platforms);
  const { connection, client } = context;
  const progress = wanted && client.progress ? await connection.window.createWorkDoneProgress() : undefined;
  progress?.begin("DMA Lens", 0, "Executing the driver", true);
  const proven: Proven[] = [];
  try {
    for (const [index, platform] of platforms.entries()) {
      progress?.report(Math.round((100 * index) / platforms.length), platform.title);
      // Let messages in that came meanwhile: one of them may be the cancellation.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfCancelled(progress?.token);
      throwIfCancelled(token);
      const proofs = await context.units.prove(
        checked.folder,
        checked.options,
        finding.fingerprint,
        [platform.id],
        fix,
      );
      for (const proof of proofs) proven.push({ platform, proof });
    }
  } finally {
    progress?.done();
  }
  return proven;
}
