/** The CPU peeks into a buffer while the device owns it. */
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
let peek = 0;
let result = 0;

export function cpu(): void {
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  peek = x.value;
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
  sometimes: ["arm926", "mips24k", "sh4", "coldfire"],
  source:
    "arch_sync_dma_for_cpu() does nothing there for DMA_FROM_DEVICE: proc-arm926.S:320-337, mips/mm/dma-noncoherent.c, sh/kernel/dma-coherent.c:15, m68k/kernel/dma.c",
};
