/** The CPU reads a buffer while the device reads it too: that is harmless. */
import { dma_map, DMA_TO_DEVICE, doorbell, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
let peek = 0;
let seen = 0;

export function cpu(): void {
  x.value = 1;
  dma_map(x, DMA_TO_DEVICE);
  peek = x.value;
  doorbell();
  peek = x.value;
}

export function device(): void {
  wait_for_doorbell();
  seen = x.value;
}

export function bad(): boolean {
  return seen !== 1 || peek !== 1;
}

export const expected = {
  sometimes: [],
  source: "Nobody writes after the mapping, so that every copy of the line is the same",
};
