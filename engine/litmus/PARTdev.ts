/** A neighbour in the buffer's line is used during the transfer: the device's data is lost. */
import {
  beside,
  DMA_FROM_DEVICE,
  dma_map,
  dma_unmap,
  doorbell,
  interrupt,
  location,
  part,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
const y = beside(x);
let before = 0;
let gotX = 0;
let gotY = 0;

export function cpu(): void {
  dma_map(part(x), DMA_FROM_DEVICE);
  doorbell();
  before = y.value;
  y.value = 5;
  wait_for_interrupt();
  dma_unmap(part(x), DMA_FROM_DEVICE);
  gotX = x.value;
  gotY = y.value;
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
  interrupt();
}

export function bad(): boolean {
  return gotX !== 1;
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
    "Documentation/core-api/dma-api.rst: memory coherency operates at a granularity called the cache line width; the line's write-back carries the old bytes",
};
