/**
 * Where each preset's memory is, for the machine to place things. Only differences matter to the model (linear, vmalloc and
 * uncached windows are disjoint); the addresses are the ones that the architecture's kernel uses, so that traces read true.
 */
import { addressOfBits } from "./address.ts";
import type { AddressMap } from "./model.ts";

/** Bytes of RAM that a machine has: enough for any driver, small enough for every window. */
const ramSize = 0x1000_0000;

const common32 = { ramSize, userBase: 0x4000_0000, busOffset: 0 };
const common64 = { ramSize, userBase: 0x7f00_0000_0000, busOffset: 0 };

function high(address: bigint): number {
  return addressOfBits(address, 64);
}

/** PAGE_OFFSET 0xc0000000, RAM from 0x80000000 (as on many boards), vmalloc 8 MiB above lowmem (arch/arm/include/asm/pgtable.h:51). */
const arm32: AddressMap = {
  ...common32,
  ramBase: 0x8000_0000,
  linearBase: 0xc000_0000,
  vmallocBase: 0xd080_0000,
};

/** 48-bit addresses: linear map at the bottom, vmalloc at 0xffff800080000000 (Documentation/arch/arm64/memory.rst:35). */
const arm64: AddressMap = {
  ...common64,
  ramBase: 0x4000_0000,
  linearBase: high(0xffff_0000_0000_0000n),
  vmallocBase: high(0xffff_8000_8000_0000n),
};

/** By preset id; linux 6.12.117. */
export const addressMaps: Readonly<Record<string, AddressMap>> = {
  /** Documentation/arch/x86/x86_64/mm.rst:45-47. */
  x86_64: {
    ...common64,
    ramBase: 0,
    linearBase: high(0xffff_8880_0000_0000n),
    vmallocBase: high(0xffff_c900_0000_0000n),
  },
  /** PAGE_OFFSET arch/powerpc/Kconfig:1231; vmalloc above lowmem, asm/nohash/32/pgtable.h:105. */
  ppc440: { ...common32, ramBase: 0, linearBase: 0xc000_0000, vmallocBase: 0xd100_0000 },
  arm926: arm32,
  "arm1136-32k": arm32,
  "cortex-a9": arm32,
  "arm64-nc": arm64,
  "arm64-coh": arm64,
  /** KSEG0, KSEG1, KSEG2: arch/mips/include/asm/addrspace.h:85-87. */
  mips24k: { ...common32, ramBase: 0, linearBase: 0x8000_0000, uncachedBase: 0xa000_0000, vmallocBase: 0xc000_0000 },
  /** P1, P2, P3: arch/sh/include/cpu-sh4/cpu/addrspace.h:11-13; RAM at MEMORY_START 0x0c000000 as on the SH7750 boards. */
  sh4: {
    ...common32,
    ramBase: 0x0c00_0000,
    linearBase: 0x8c00_0000,
    uncachedBase: 0xac00_0000,
    vmallocBase: 0xc000_0000,
  },
  /** SV39: Documentation/arch/riscv/vm-layout.rst:53-54; user addresses have 38 bits. */
  "riscv-zicbom": {
    ...common64,
    ramBase: 0x8000_0000,
    linearBase: high(0xffff_ffd6_0000_0000n),
    vmallocBase: high(0xffff_ffc6_0000_0000n),
    userBase: 0x3f_0000_0000,
  },
  /** No MMU: every address is physical. */
  coldfire: {
    ...common32,
    ramBase: 0x4000_0000,
    linearBase: 0x4000_0000,
    vmallocBase: 0x6000_0000,
    userBase: 0x7000_0000,
  },
  /** The 32-bit compatibility segments stand for xkphys, whose addresses a number does not hold exactly. */
  "mips-r10000-ip28": {
    ...common64,
    ramBase: 0x2000_0000,
    linearBase: high(0xffff_ffff_8000_0000n),
    uncachedBase: high(0xffff_ffff_a000_0000n),
    vmallocBase: high(0xffff_ffff_c000_0000n),
  },
  /** __PAGE_OFFSET arch/parisc/include/asm/page.h:124. */
  pa7300lc: { ...common32, ramBase: 0, linearBase: 0x1000_0000, vmallocBase: 0xd000_0000 },
};
