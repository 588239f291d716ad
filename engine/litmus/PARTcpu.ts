/** A neighbour in the buffer's line is used during the transfer: the neighbour's value is lost. */
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
  return gotY !== 5;
}

export const expected = {
  sometimes: ["riscv-zicbom", "mips-r10000-ip28", "pa7300lc"],
  source:
    "arch_sync_dma_for_cpu(DMA_FROM_DEVICE) invalidates whole lines there without cleaning the edges: riscv/mm/dma-noncoherent.c:69-115, mips/mm/c-r4k.c, parisc/kernel/pci-dma.c:438-464",
};
