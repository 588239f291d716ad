/** A buffer is unmapped and read without waiting for the interrupt. */
import { DMA_FROM_DEVICE, dma_map, dma_unmap, doorbell, interrupt, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  dma_unmap(x, DMA_FROM_DEVICE);
  result = x.value;
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
  interrupt();
}

export function bad(): boolean {
  return result !== 1;
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
  source: "A race with the device: no cache is needed for it",
};
