/** The device writes less than was mapped, and the CPU reads what it did not write. */
import {
  beside,
  DMA_FROM_DEVICE,
  dma_map,
  dma_unmap,
  doorbell,
  interrupt,
  location,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
const y = beside(x);
let gotX = 0;
let gotY = 0;

export function cpu(): void {
  y.value = 5;
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  wait_for_interrupt();
  dma_unmap(x, DMA_FROM_DEVICE);
  gotX = x.value;
  gotY = y.value;
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
  interrupt();
}

export function bad(): boolean {
  return gotY !== 5;
}

export const expected = {
  sometimes: ["ppc440", "arm926", "arm1136-32k", "cortex-a9", "mips24k", "sh4", "coldfire", "mips-r10000-ip28"],
  source:
    "DMA_FROM_DEVICE may invalidate the whole buffer: older contents are lost. arm64 and RISC-V clean, PA-RISC flushes",
};
