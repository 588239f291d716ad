/** Writes types/dma-lens-kernel/index.d.ts: the kernel's names for snippets. */
import { type Renewal, renew } from "./generated-files.ts";
import { kernelTypes } from "./kernel-types.ts";

/** Files that were stale, relative to the root; they are written unless `check` is set. */
export function generateKernelTypes(options: Renewal = {}): readonly string[] {
  return renew(new Map([["types/dma-lens-kernel/index.d.ts", kernelTypes()]]), options);
}
