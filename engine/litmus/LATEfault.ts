/** As LATEdma: whether the access is refused. */
import { DMA_FROM_DEVICE, dma_map, dma_unmap, doorbell, faulted, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();

export function cpu(): void {
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  dma_unmap(x, DMA_FROM_DEVICE);
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
}

export function bad(): boolean {
  return faulted();
}

export const expected = {
  sometimes: ["x86_64+iommu", "arm64-coh+iommu"],
  source: "iommu_dma_unmap_page(): drivers/iommu/dma-iommu.c of linux-6.12.117; strict invalidation",
};
