/** A descriptor in coherent memory is announced with writel(): the barrier is in it. */
import { coherent, doorbell, wait_for_doorbell } from "dma-lens/litmus";

const desc = coherent();
let seen = 0;

export function cpu(): void {
  desc.value = 1;
  doorbell();
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
  source:
    "memory-barriers.txt, 'KERNEL I/O BARRIER EFFECTS': all prior writes to memory complete before the write to the device",
};
