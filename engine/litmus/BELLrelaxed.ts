/** A descriptor in coherent memory is announced with writel_relaxed() and no barrier. */
import { coherent, doorbell_relaxed, wait_for_doorbell } from "dma-lens/litmus";

const desc = coherent();
let seen = 0;

export function cpu(): void {
  desc.value = 1;
  doorbell_relaxed();
}

export function device(): void {
  wait_for_doorbell();
  seen = desc.value;
}

export function bad(): boolean {
  return seen !== 1;
}

export const expected = {
  sometimes: ["arm1136-32k", "cortex-a9", "arm64-nc", "arm64-coh", "riscv-zicbom"],
  source:
    "memory-barriers.txt, 'KERNEL I/O BARRIER EFFECTS': readX_relaxed() and writeX_relaxed() are not ordered with memory; where all uncached stores keep one order they are",
};
