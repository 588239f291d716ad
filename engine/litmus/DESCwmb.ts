/** A descriptor is filled and handed over with dma_wmb() in between. */
import { dma_wmb, dmacoherent, location } from "dma-lens/litmus";

const desc = location();
const own = location();
let sawOwn = 0;
let sawDesc = 0;

export function cpu(): void {
  dmacoherent(desc).value = 1;
  dma_wmb();
  dmacoherent(own).value = 1;
}

export function device(): void {
  sawOwn = own.value;
  sawDesc = desc.value;
}

export function bad(): boolean {
  return sawOwn === 1 && sawDesc !== 1;
}

export const expected = {
  sometimes: [],
  source: "memory-barriers.txt, 'dma_wmb()'",
};
