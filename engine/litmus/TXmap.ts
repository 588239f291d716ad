/** A buffer is written, mapped, sent. */
import { dma_map, DMA_TO_DEVICE, doorbell, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
let seen = 0;

export function cpu(): void {
  x.value = 1;
  dma_map(x, DMA_TO_DEVICE);
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
  sometimes: [],
  source: "The contract of dma_map_single(): Documentation/core-api/dma-api.rst part I",
};
