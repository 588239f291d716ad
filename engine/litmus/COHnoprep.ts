/** A page with dirty lines becomes coherent memory as it is. */
import { dmacoherent, doorbell, location, wait_for_doorbell } from "dma-lens/litmus";

const x = location();
let seen = 0;

export function cpu(): void {
  x.value = 9; // The page in its former life.
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
    "The old dirty line may be written back over the new bytes; on x86 an uncached access checks the caches (SDM 11.12.4), on ColdFire there is no second mapping",
};
