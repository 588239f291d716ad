/** A descriptor in dma_alloc_coherent() memory is handed over without a barrier. */
import { coherent } from "dma-lens/litmus";

const desc = coherent();
const own = coherent();
let sawOwn = 0;
let sawDesc = 0;

export function cpu(): void {
  desc.value = 1;
  own.value = 1;
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
    "Stores to Normal memory are weakly ordered on Arm and RISC-V, cached or not; x86 keeps their order: memory-barriers.txt, 'dma_wmb()'",
};
