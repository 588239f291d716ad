/** The names with which a unit can matter at all. */
import { apiFunctions } from "./catalogue.ts";

/**
 * Groups of the catalogue with which a finding begins or ends: memory for DMA, mappings for a device or for user space, calls
 * that do DMA. Address conversion, MMIO and barriers alone are no misuse of DMA memory, and are in every other file.
 */
const groups: ReadonlySet<string> = new Set([
  "coherent-alloc",
  "noncoherent-alloc",
  "streaming",
  "sg",
  "map-user",
  "dma-sink",
  "dma-buf",
  "isa",
]);

export const namesOfDma: readonly string[] = apiFunctions.filter((api) => groups.has(api.group)).map((api) => api.name);
