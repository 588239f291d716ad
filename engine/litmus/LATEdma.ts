/** A buffer is unmapped and used for something else while the device still writes to it. */
import { DMA_FROM_DEVICE, dma_map, dma_unmap, doorbell, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  dma_unmap(x, DMA_FROM_DEVICE);
  x.value = 5;
  result = x.value;
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
}

export function bad(): boolean {
  return result !== 5;
}

export const expected = {
  sometimes: [
    "x86_64",
    "ppc440",
    "arm926",
    "arm1136-32k",
    "cortex-a9",
    "arm64-nc",
    "arm64-coh",
    "mips24k",
    "sh4",
    "riscv-zicbom",
    "coldfire",
    "mips-r10000-ip28",
    "pa7300lc",
  ],
  source:
    "The device writes memory that is no longer its own; a translating IOMMU turns it into a fault (x86_64+iommu, arm64-coh+iommu)",
};
