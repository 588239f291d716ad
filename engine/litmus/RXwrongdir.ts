/** A buffer for the CPU is mapped and unmapped DMA_TO_DEVICE. */
import {
  dma_map,
  DMA_TO_DEVICE,
  dma_unmap,
  doorbell,
  interrupt,
  location,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  x.value = 9;
  dma_map(x, DMA_TO_DEVICE);
  doorbell();
  wait_for_interrupt();
  dma_unmap(x, DMA_TO_DEVICE);
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
  sometimes: ["ppc440", "arm926", "arm1136-32k", "cortex-a9", "arm64-nc", "sh4", "riscv-zicbom", "mips-r10000-ip28"],
  source:
    "DMA_TO_DEVICE cleans and keeps the line; MIPS, ColdFire and PA-RISC flush it, and there no line comes back by itself but on R10000",
};
