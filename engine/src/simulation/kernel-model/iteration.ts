/** Macro loops whose rounds the model knows: what each round assigns. The others go round once, which is enough to reach a path. */
import type { Kernel } from "../kernel.ts";
import { known, type Value } from "../value.ts";

/** Rows of values in the order of the loop's assigned places; undefined when the loop is not known. */
export function iterationRounds(
  kernel: Kernel,
  macro: string,
  values: readonly Value[],
): readonly (readonly Value[])[] | undefined {
  switch (macro) {
    case "for_each_sg": {
      const count = values[2];
      if (count === undefined) return undefined;
      kernel.prefer(count, (bits) => bits > 0n && bits <= 64n, "the list has one entry");
      return entries(kernel, values[0]?.bits ?? 0n, Number(count.bits > 64n ? 64n : count.bits));
    }
    case "for_each_sgtable_sg":
    case "for_each_sgtable_dma_sg": {
      const table = values[0]?.bits ?? 0n;
      const field = macro === "for_each_sgtable_sg" ? "orig_nents" : "nents";
      const list = kernel.readField(table, "sg_table", "sgl").bits;
      const count = Number(kernel.readField(table, "sg_table", field, 4).bits);
      return entries(kernel, list, Math.max(1, Math.min(64, count)));
    }
    case "for_each_pcm_streams":
      return [[known(0n)], [known(1n)]];
    default:
      return undefined;
  }
}

function entries(kernel: Kernel, list: bigint, count: number): readonly (readonly Value[])[] {
  const stride = BigInt(kernel.evaluator.layouts.sizeOf({ kind: "record", tag: "struct", name: "scatterlist" }));
  return Array.from({ length: count }, (_, index) => [known(list + BigInt(index) * stride), known(BigInt(index))]);
}
