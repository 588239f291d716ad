/** The kernel writes a page that a user has mapped cached at another colour. */
import { location, user_mapping } from "dma-lens/litmus";

const x = location();
let first = 0;
let result = 0;

export function cpu(): void {
  first = user_mapping(x).value;
  x.value = 1;
  result = user_mapping(x).value;
}

export function bad(): boolean {
  return result !== 1;
}

export const expected = {
  sometimes: ["arm926", "arm1136-32k", "mips24k", "sh4", "pa7300lc"],
  source:
    "Documentation/core-api/cachetlb.rst, flush_dcache_page(): the kernel's store is in the line of its own colour",
};
