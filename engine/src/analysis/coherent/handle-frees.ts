/** Calls that give back memory which a device shares. */
import type { ApiFunction } from "../../kernel/contract.ts";

/** dma_free_coherent() and its kin: they are given the memory's DMA address as well. */
export function freesByHandle({ effect, parameters }: ApiFunction): boolean {
  return effect === "free" && parameters.some(({ role }) => role === "handle");
}
