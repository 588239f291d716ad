/** A neighbour in the buffer's line was written before the mapping: its value is lost. */
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
let gotX = 0;
let gotY = 0;

export function cpu(): void {
  y.value = 5;
  dma_map(part(x), DMA_FROM_DEVICE);
  doorbell();
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
  return gotY !== 5;
}

export const expected = {
  sometimes: ["mips24k", "sh4", "coldfire", "mips-r10000-ip28"],
  source:
    "arch_sync_dma_for_device(DMA_FROM_DEVICE) invalidates whole lines there: mips/mm/c-r4k.c, sh/kernel/dma-coherent.c:15 (ocbi), m68k/coldfire (whole cache)",
};
