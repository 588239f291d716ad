/** Coherent memory is mapped uncached to a user. */
import { doorbell, interrupt, location, noncached, wait_for_doorbell, wait_for_interrupt } from "dma-lens/litmus";

const x = location();
let first = 0;
let result = 0;

export function user(): void {
  first = noncached(x).value;
  doorbell();
  wait_for_interrupt();
  result = noncached(x).value;
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
  source: "pgprot_noncached() mappings do not allocate lines: linux-6.12.117 arch/*/include/asm/pgtable*.h",
};
