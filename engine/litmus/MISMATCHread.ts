/** A word is stored through the linear map and read through an uncached mapping. */
import { location, noncached } from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  x.value = 1;
  result = noncached(x).value;
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
    "arm64-coh",
    "mips24k",
    "sh4",
    "riscv-zicbom",
    "mips-r10000-ip28",
    "pa7300lc",
  ],
  source:
    "Mismatched attributes: the uncached load does not look up the cache (DDI0500D 6.2, PPC440 UM 5.6.2: undefined); x86 does (SDM 11.12.4)",
};
