/** A descriptor is filled and handed over through a pgprot_writecombine() mapping without a barrier. */
import { location, writecombine } from "dma-lens/litmus";

const desc = location();
const own = location();
let sawOwn = 0;
let sawDesc = 0;

export function cpu(): void {
  writecombine(desc).value = 1;
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
  sometimes: ["x86_64", "ppc440", "arm1136-32k", "cortex-a9", "arm64-nc", "arm64-coh", "riscv-zicbom"],
  source:
    "Write-combining stores may be reordered: SDM 11.3.1, Arm Normal non-cacheable, PBMT NC, PowerPC not guarded; elsewhere the mapping is plainly uncached",
};
