/** A word is stored through the linear map, its line is cleaned, and it is read through an uncached mapping. */
import { dma_map, DMA_TO_DEVICE, location, noncached } from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  x.value = 1;
  dma_map(x, DMA_TO_DEVICE);
  result = noncached(x).value;
}

export function bad(): boolean {
  return result !== 1;
}

export const expected = {
  sometimes: ["arm64-coh"],
  source: "A clean brings memory up to date; for a coherent device dma_map() does nothing (dev_is_dma_coherent())",
};
