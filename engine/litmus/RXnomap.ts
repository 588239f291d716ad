/** A buffer is received into without dma_map_single(). */
import {
  DMA_FROM_DEVICE,
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
  doorbell();
  wait_for_interrupt();
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
    "ppc440",
    "arm926",
    "arm1136-32k",
    "cortex-a9",
    "arm64-nc",
    "mips24k",
    "sh4",
    "riscv-zicbom",
    "coldfire",
    "mips-r10000-ip28",
    "pa7300lc",
  ],
  source:
    "The dirty line may be written back over the device's data at any time: platforms' write-back caches; the cells of the nine machines also from a Promela model run with Spin",
};
