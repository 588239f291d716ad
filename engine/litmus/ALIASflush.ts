/** As ALIASuser, with flush_dcache_page() after the store. */
import { flush_dcache_page, location, user_mapping } from "dma-lens/litmus";

const x = location();
let first = 0;
let result = 0;

export function cpu(): void {
  first = user_mapping(x).value;
  x.value = 1;
  flush_dcache_page(x);
  result = user_mapping(x).value;
}

export function bad(): boolean {
  return result !== 1;
}

export const expected = {
  sometimes: ["mips24k", "sh4"],
  source:
    "arm/mm/flush.c:199-282 and parisc/kernel/cache.c:473 flush the users' aliases too; mips/mm/cache.c:102-124 and sh/mm/cache-sh4.c:110-135 flush the kernel's alone",
};
