/** A page with dirty lines becomes coherent memory in order, and the device writes to it. */
import {
  arch_dma_prep_coherent,
  dmacoherent,
  doorbell,
  interrupt,
  location,
  wait_for_doorbell,
  wait_for_interrupt,
} from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  x.value = 9; // The page in its former life.
  arch_dma_prep_coherent(x);
  doorbell();
  wait_for_interrupt();
  result = dmacoherent(x).value;
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
  source: "arch_dma_prep_coherent() of linux-6.12.117: kernel/dma/direct.c:206-314",
};
