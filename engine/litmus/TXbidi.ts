/** A buffer goes to the device and comes back changed, mapped DMA_BIDIRECTIONAL. */
import {
  DMA_BIDIRECTIONAL,
  dma_map,
  dma_unmap,
  doorbell,
  interrupt,
  location,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
let seen = 0;
let result = 0;

export function cpu(): void {
  x.value = 1;
  dma_map(x, DMA_BIDIRECTIONAL);
  doorbell();
  wait_for_interrupt();
  dma_unmap(x, DMA_BIDIRECTIONAL);
  result = x.value;
}

export function device(): void {
  wait_for_doorbell();
  seen = x.value;
  x.value = 2;
  interrupt();
}

export function bad(): boolean {
  return seen !== 1 || result !== 2;
}

export const expected = {
  sometimes: [],
  source: "Documentation/core-api/dma-api.rst, 'direction'",
};
