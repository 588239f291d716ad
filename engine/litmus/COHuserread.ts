/** The kernel writes coherent memory, and reads it through a user's cached mapping. */
import { coherent, user_mapping } from "dma-lens/litmus";

const x = coherent();
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
  source: "The kernel's own mapping bypasses the cache in which the user's line lies",
};
