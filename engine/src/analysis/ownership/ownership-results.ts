/** Results of kernel functions that are the same value, or the same memory, as an argument: they keep its name. */
import type { Expression } from "../../program/program.ts";
import type { SymbolicValue } from "./ownership-values.ts";

/**
 * The name of a result that follows from the arguments; undefined for a result of its own.
 * `own` names the result of this very call.
 */
export function namedResult(
  name: string,
  values: readonly SymbolicValue[],
  own: string,
  written: readonly Expression[],
): SymbolicValue | undefined {
  const [first] = values;
  if (!first) return undefined;
  if (transparent.has(name)) return first;
  if (pure.test(name)) return { object: `${name}(${first.object}${first.path})`, path: "" };
  if (name === "virt_to_page" || name === "virt_to_head_page")
    return { object: `page(${first.object})`, path: first.path };
  if (toVirtual.has(name)) {
    const page = /^page\((.*)\)$/.exec(first.object);
    return page
      ? { object: page[1] ?? "", path: first.path }
      : { object: `virt(${first.object}${first.path})`, path: "" };
  }
  if (atTail.has(name)) return { object: `<L ${first.object}${first.path}.data>`, path: `+${own}` };
  if (name === "container_of") {
    const member = written[2];
    const suffix = member?.kind === "opaque" ? `.${member.text}` : undefined;
    if (suffix !== undefined && first.path.endsWith(suffix))
      return { object: first.object, path: first.path.slice(0, -suffix.length) };
    return { object: `owner(${first.object}${first.path}${suffix ?? own})`, path: "" };
  }
  return undefined;
}

/** Hints and annotations: include/linux/compiler.h, include/linux/overflow.h. */
const transparent = new Set(["likely", "unlikely", "READ_ONCE", "rcu_dereference", "no_free_ptr", "ACCESS_ONCE"]);
/** Byte order and halves of a word: include/linux/byteorder/generic.h, include/linux/wordpart.h. */
const pure =
  /^(scsi_sglist$)|^(__)?(cpu_to_[lb]e(16|32|64)|[lb]e(16|32|64)_to_cpu|lower_32_bits|upper_32_bits|hton[sl]|ntoh[sl]|swab(16|32|64))$/;
const toVirtual = new Set([
  "page_address",
  "lowmem_page_address",
  "kmap",
  "kmap_local_page",
  "kmap_atomic",
  "page_to_virt",
]);
/** Memory of the packet behind what is in it already: include/linux/skbuff.h. */
const atTail = new Set(["skb_put", "__skb_put", "skb_tail_pointer", "skb_put_zero", "skb_end_pointer"]);

/** Whether a function of that name computes its result from its arguments alone. */
export function hasPureName(name: string): boolean {
  return pure.test(name);
}

/** The field that an accessor macro reads or writes: include/linux/scatterlist.h, include/linux/dma-mapping.h:636-641. */
export function accessedField(
  name: string,
  values: readonly SymbolicValue[],
  written: readonly Expression[],
):
  | { readonly at: SymbolicValue; readonly field: string | undefined; readonly stored: SymbolicValue | undefined }
  | undefined {
  const [first] = values;
  if (!first) return undefined;
  if (name === "sg_dma_address")
    return {
      at: { object: first.object, path: `${first.path}.dma_address` },
      field: "scatterlist.dma_address",
      stored: undefined,
    };
  if (name !== "dma_unmap_addr" && name !== "dma_unmap_addr_set") return undefined;
  const member = written[1];
  if (member?.kind !== "opaque") return undefined;
  const stored = name === "dma_unmap_addr_set" ? values[2] : undefined;
  return { at: { object: first.object, path: `${first.path}.${member.text}` }, field: undefined, stored };
}
