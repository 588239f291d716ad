/** A descriptor is filled and handed over without a barrier. */
import { dmacoherent, location } from "dma-lens/litmus";

const desc = location();
const own = location();
let sawOwn = 0;
let sawDesc = 0;

export function cpu(): void {
  dmacoherent(desc).value = 1;
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
  sometimes: ["arm1136-32k", "cortex-a9", "arm64-nc", "arm64-coh", "riscv-zicbom"],
  source:
    "pgprot_dmacoherent() is weakly ordered there (Normal non-cacheable, PBMT NC): memory-barriers.txt, 'dma_wmb()'",
};
