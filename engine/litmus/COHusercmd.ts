/** A user writes a command into coherent memory through a cached mapping, and the device reads it. */
import { cached, coherent, doorbell, wait_for_doorbell } from "dma-lens/litmus";

const x = coherent();
let before = 0;
let seen = 0;

export function user(): void {
  before = cached(x).value;
  cached(x).value = 1;
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
  source: "The user's line is never cleaned: dma_mmap_coherent() sets dma_pgprot(), vma->vm_page_prot alone is cached",
};
