/** The buffer was read before it was mapped: its clean line does no harm. */
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
let before = 0;
let result = 0;

export function cpu(): void {
  before = x.value;
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
  sometimes: [],
  source: "the sync matrix: linux-6.12.117 arch/*/mm (arch_sync_dma_for_device(), arch_sync_dma_for_cpu())",
};
