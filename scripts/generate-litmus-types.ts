/** Writes types/dma-lens-litmus/index.d.ts: the names of litmus tests. */
import { type Renewal, renew } from "./generated-files.ts";
import { litmusTypes } from "./litmus-types.ts";

/** Files that were stale, relative to the root; they are written unless `check` is set. */
export function generateLitmusTypes(options: Renewal = {}): readonly string[] {
  return renew(new Map([["types/dma-lens-litmus/index.d.ts", litmusTypes()]]), options);
}
