/** A mapped buffer is written again, between dma_sync_single_for_cpu() and dma_sync_single_for_device(). */
import {
  dma_map,
  dma_sync_for_cpu,
  dma_sync_for_device,
  DMA_TO_DEVICE,
  doorbell,
  interrupt,
  location,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
let first = 0;
let second = 0;

export function cpu(): void {
  x.value = 1;
  dma_map(x, DMA_TO_DEVICE);
  doorbell();
  wait_for_interrupt();
  dma_sync_for_cpu(x, DMA_TO_DEVICE);
  x.value = 2;
  dma_sync_for_device(x, DMA_TO_DEVICE);
  doorbell();
}

export function device(): void {
  wait_for_doorbell();
  first = x.value;
  interrupt();
  wait_for_doorbell();
  second = x.value;
}

export function bad(): boolean {
  return second !== 2;
}

export const expected = {
  sometimes: [],
  source: "Documentation/core-api/dma-api.rst, dma_sync_single_for_device()",
};
