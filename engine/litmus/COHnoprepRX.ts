/** A page with dirty lines becomes coherent memory as it is, and the device writes to it. */
import { dmacoherent, doorbell, interrupt, location, wait_for_doorbell, wait_for_interrupt } from "dma-lens/litmus";

const x = location();
let result = 0;

export function cpu(): void {
  x.value = 9; // The page in its former life.
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
  source: "The old dirty line may be written back over the device's data; a snooping device takes it first",
};
