/** Two receive buffers share a line, and one of them is read while the device still fills the other. */
import {
  beside,
  DMA_FROM_DEVICE,
  dma_map,
  dma_unmap,
  doorbell,
  interrupt,
  location,
  part,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
const y = beside(x);
let gotX = 0;
let gotY = 0;

export function cpu(): void {
  dma_map(part(x), DMA_FROM_DEVICE);
  dma_map(part(y), DMA_FROM_DEVICE);
  doorbell();
  wait_for_interrupt();
  dma_unmap(part(x), DMA_FROM_DEVICE);
  gotX = x.value;
  wait_for_interrupt();
  dma_unmap(part(y), DMA_FROM_DEVICE);
  gotY = y.value;
}

export function device(): void {
  wait_for_doorbell();
  x.value = 1;
  interrupt();
  y.value = 2;
  interrupt();
}

export function bad(): boolean {
  return gotX !== 1 || gotY !== 2;
}

export const expected = {
  sometimes: ["arm926", "mips24k", "sh4", "coldfire"],
  source:
    "Reading the first buffer brings the line in; where dma_unmap does nothing for DMA_FROM_DEVICE the second one is read from it",
};
