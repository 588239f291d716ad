/** A descriptor in coherent memory is announced with writel_relaxed() after wmb(). */
import { coherent, doorbell_relaxed, wait_for_doorbell, wmb } from "dma-lens/litmus";

const desc = coherent();
let seen = 0;

export function cpu(): void {
  desc.value = 1;
  wmb();
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
  sometimes: [],
  source: "memory-barriers.txt, 'KERNEL I/O BARRIER EFFECTS'",
};
