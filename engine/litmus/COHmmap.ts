/** dma_alloc_coherent() memory is mapped to a user by dma_mmap_coherent(). */
import { coherent, doorbell, interrupt, wait_for_doorbell, wait_for_interrupt } from "dma-lens/litmus";

const x = coherent();
let first = 0;
let result = 0;

export function user(): void {
  first = x.value;
  doorbell();
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
  sometimes: [],
  source: "kernel/dma/mapping.c:471 and 505 (dma_pgprot) of linux-6.12.117",
};
