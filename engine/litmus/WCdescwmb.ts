/** As WCdesc, with wmb() in between. */
import { location, wmb, writecombine } from "dma-lens/litmus";

const desc = location();
const own = location();
let sawOwn = 0;
let sawDesc = 0;

export function cpu(): void {
  writecombine(desc).value = 1;
  wmb();
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
  sometimes: [],
  source: "wmb() is sfence on x86 (arch/x86/include/asm/barrier.h:24)",
};
