/** The device is given a physical address instead of what dma_map_single() returned. */
import { doorbell, faulted, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
let seen = 0;

export function cpu(): void {
  x.value = 1;
  doorbell();
}

export function device(): void {
  wait_for_doorbell();
  seen = x.value;
}

export function bad(): boolean {
  return faulted();
}

export const expected = {
  sometimes: [],
  always: ["x86_64+iommu", "arm64-coh+iommu"],
  source:
    "Documentation/core-api/dma-api-howto.rst: a bus address is no physical address; with an IOMMU nothing is mapped there",
};
