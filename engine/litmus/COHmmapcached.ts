/** dma_alloc_coherent() memory is mapped to a user with vma->vm_page_prot. */
import { cached, coherent, doorbell, interrupt, wait_for_doorbell, wait_for_interrupt } from "dma-lens/litmus";

const x = coherent();
let first = 0;
let result = 0;

export function user(): void {
  first = cached(x).value;
  doorbell();
  wait_for_interrupt();
  result = cached(x).value;
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
  sometimes: [
    "ppc440",
    "arm926",
    "arm1136-32k",
    "cortex-a9",
    "arm64-nc",
    "mips24k",
    "sh4",
    "riscv-zicbom",
    "mips-r10000-ip28",
    "pa7300lc",
  ],
  source: "The seed of this tool; ColdFire has no coherent memory (kernel/dma/direct.c:238-241)",
};
