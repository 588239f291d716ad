/** A descriptor in dma_alloc_coherent() memory is handed over with dma_wmb() in between. */
import { coherent, dma_wmb } from "dma-lens/litmus";

const desc = coherent();
const own = coherent();
let sawOwn = 0;
let sawDesc = 0;

export function cpu(): void {
  desc.value = 1;
  dma_wmb();
  own.value = 1;
}

export function device(): void {
  sawOwn = own.value;
  sawDesc = desc.value;
}

export function bad(): boolean {
  return sawOwn === 1 && sawDesc !== 1;
}

export const expected = {
  sometimes: [],
  source: "memory-barriers.txt, 'dma_wmb()'; where it is a compiler barrier the stores keep their order",
};
