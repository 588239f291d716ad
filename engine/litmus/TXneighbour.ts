/** Two small buffers in one line are mapped for the device one after the other. */
import { beside, dma_map, DMA_TO_DEVICE, doorbell, location, part, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
const y = beside(x);
let seenX = 0;
let seenY = 0;

export function cpu(): void {
  x.value = 1;
  dma_map(part(x), DMA_TO_DEVICE);
  y.value = 2;
  dma_map(part(y), DMA_TO_DEVICE);
  doorbell();
}

export function device(): void {
  wait_for_doorbell();
  seenX = x.value;
  seenY = y.value;
}

export function bad(): boolean {
  return seenX !== 1 || seenY !== 2;
}

export const expected = {
  sometimes: [],
  source: "Cleaning a line writes a neighbour's bytes early and loses nothing",
};
