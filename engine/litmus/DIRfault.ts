/** The device writes to a buffer that is mapped DMA_TO_DEVICE. */
import { dma_map, DMA_TO_DEVICE, doorbell, faulted, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();

export function cpu(): void {
  dma_map(x, DMA_TO_DEVICE);
  doorbell();
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
}

export function bad(): boolean {
  return faulted();
}

export const expected = {
  sometimes: [],
  always: ["x86_64+iommu", "arm64-coh+iommu"],
  source: "dma_info_to_prot() maps it read-only: drivers/iommu/dma-iommu.c:742",
};
