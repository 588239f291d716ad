/** As WCdesc, with dma_wmb() in between. */
import { dma_wmb, location, writecombine } from "dma-lens/litmus";

const desc = location();
const own = location();
let sawOwn = 0;
let sawDesc = 0;

export function cpu(): void {
  writecombine(desc).value = 1;
  dma_wmb();
  writecombine(own).value = 1;
}

export function device(): void {
  sawOwn = own.value;
  sawDesc = desc.value;
}

export function bad(): boolean {
  return sawOwn === 1 && sawDesc !== 1;
}

export const expected = {
  sometimes: ["x86_64"],
  source:
    "On x86 dma_wmb() is a compiler barrier (arch/x86/include/asm/barrier.h:53), and write-combining buffers need an sfence",
};
