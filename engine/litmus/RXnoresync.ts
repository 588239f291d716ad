/** A mapped buffer is received into again without dma_sync_single_for_device() in between. */
import {
  DMA_FROM_DEVICE,
  dma_map,
  dma_sync_for_cpu,
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
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  wait_for_interrupt();
  dma_sync_for_cpu(x, DMA_FROM_DEVICE);
  first = x.value;
  doorbell();
  wait_for_interrupt();
  dma_sync_for_cpu(x, DMA_FROM_DEVICE);
  second = x.value;
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
  interrupt();
  wait_for_doorbell();
  x.value = 2;
  interrupt();
}

export function bad(): boolean {
  return first !== 1 || second !== 2;
}

export const expected = {
  sometimes: ["arm926", "mips24k", "sh4", "coldfire"],
  source:
    "Where sync_for_cpu does nothing the line of the first read stays; elsewhere the second sync drops it, since nobody wrote to it",
};
