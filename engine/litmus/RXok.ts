/** A buffer is mapped, received into, unmapped, read. */
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
  x.value = 9;
  dma_map(x, DMA_FROM_DEVICE);
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
  sometimes: ["mips-r10000-ip28+specstore"],
  source:
    "The contract of dma_unmap_single(); without the compiler's barriers a speculative store on R10000 makes the line dirty during the transfer (arch/mips/sgi-ip22/Platform:26)",
};
