/** Coherent memory is mapped cached to a user, who reads what the device wrote. */
import { cached, doorbell, interrupt, location, wait_for_doorbell, wait_for_interrupt } from "dma-lens/litmus";

const x = location();
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
    "coldfire",
    "mips-r10000-ip28",
    "pa7300lc",
  ],
  source:
    "The seed of this tool: a user mapping with vma->vm_page_prot keeps the line; kernel/dma/mapping.c:471 (dma_mmap_attrs) sets dma_pgprot()",
};
