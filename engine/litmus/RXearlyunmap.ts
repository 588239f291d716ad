/** A buffer is unmapped before the device is done. */
import {
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
let result = 0;

export function cpu(): void {
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  dma_unmap(x, DMA_FROM_DEVICE);
  wait_for_interrupt();
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
  sometimes: ["ppc440", "cortex-a9", "arm64-nc", "riscv-zicbom", "mips-r10000-ip28"],
  source:
    "A speculative fill after the unmap may keep the old bytes (arch/arm/mm/dma-mapping.c:95-105); the others do not touch the line in between",
};
