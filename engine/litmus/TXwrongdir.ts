/** A buffer for the device is mapped DMA_FROM_DEVICE. */
import { DMA_FROM_DEVICE, dma_map, doorbell, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
let seen = 0;

export function cpu(): void {
  x.value = 1;
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
}

export function device(): void {
  wait_for_doorbell();
  seen = x.value;
}

export function bad(): boolean {
  return seen !== 1;
}

export const expected = {
  sometimes: ["ppc440", "arm926", "arm1136-32k", "cortex-a9", "mips24k", "sh4", "coldfire", "mips-r10000-ip28"],
  source:
    "DMA_FROM_DEVICE invalidates: the store is dropped. arm64 (mm/dma-mapping.c:15-20) and RISC-V clean instead, PA-RISC flushes",
};
