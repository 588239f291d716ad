/**
 * Devices whose wide DMA mask holds for streaming mappings alone. A device starts with a coherent mask of 32 bits, and dma_set_mask()
 * leaves that one alone (Documentation/core-api/dma-api-howto.rst:164-180, 388-393; kernel/dma/mapping.c: dma_set_mask(), linux 6.12.117).
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { cutsCoherent } from "../coherent/narrow-handles.ts";
import { fourGigabytes, maskOf } from "./mask-fallbacks.ts";
import { allocatesCoherent } from "../values/api-names.ts";
import { workingsOf } from "../unit-facts.ts";

export interface StreamingOnlyMask {
  readonly call: ApiCall;
  /** The first place of the same file that makes coherent memory, or a pool of it. */
  readonly coherent: Pick<ApiCall, "function" | "statement"> & { readonly name: string };
}

const pools = ["dma_pool_create", "dmam_pool_create", "dma_pool_create_node", "pci_pool_create"];
/** Calls that set the coherent mask; the unit's own helpers of other names are not looked through. */
const settingBoth = new Set([
  "dma_set_coherent_mask",
  "dma_set_mask_and_coherent",
  "dma_coerce_mask_and_coherent",
  "pci_set_consistent_dma_mask",
]);

/** Wide masks set by dma_set_mask() in files that make coherent memory and never say anything of its mask. */
export function streamingOnlyMasks(facts: Facts): readonly StreamingOnlyMask[] {
  const calls = facts.callsTo("dma_set_mask").length > 0 ? facts.callsWith("set-mask") : [];
  const wide = calls.filter((call) => call.name === "dma_set_mask" && (maskOf(call) ?? 0n) > fourGigabytes);
  if (wide.length === 0) return [];
  const speaking = new Set(calls.filter((call) => settingBoth.has(call.name)).map((call) => call.function.file));
  for (const store of workingsOf(facts).index.storesTo("device.coherent_dma_mask")) speaking.add(store.function.file);
  const found: StreamingOnlyMask[] = [];
  for (const call of wide) {
    const { file } = call.function;
    if (call.statement.macro !== undefined || speaking.has(file)) continue;
    const coherent = coherentIn(facts, file);
    if (coherent && !cutsCoherent(facts, call)) found.push({ call, coherent });
  }
  return found;
}

function coherentIn(facts: Facts, file: string): StreamingOnlyMask["coherent"] | undefined {
  const made = facts.callsOf(allocatesWithHandle);
  const pooled = pools.flatMap((name) => facts.callsTo(name).map((site) => ({ ...site, name })));
  return [...made, ...pooled]
    .filter((one) => one.function.file === file)
    .sort((a, b) => a.statement.start - b.statement.start)[0];
}

function allocatesWithHandle(api: ApiFunction): boolean {
  return api.handle === "dma-coherent" && allocatesCoherent(api);
}
