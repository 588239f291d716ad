/** A page with dirty lines becomes coherent memory, its lines put in order first. */
import { arch_dma_prep_coherent, dmacoherent, doorbell, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
let seen = 0;

export function cpu(): void {
  x.value = 9; // The page in its former life.
  arch_dma_prep_coherent(x);
  dmacoherent(x).value = 1;
  doorbell();
}

export function device(): void {
  wait_for_doorbell();
  seen = x.value;
}

export function bad(): boolean {
  return seen !== 1;
}

export const expected = {
  sometimes: [],
  source: "arch_dma_prep_coherent() of linux-6.12.117: kernel/dma/direct.c:206-314",
};
