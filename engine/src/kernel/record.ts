import type { ApiFunction, MemoryKind, Parameter, Role } from "./contract.ts";

/** What most records have in common is left out of them and filled in by `api`. */
type Common = "in61" | "in612" | "produces" | "requires" | "notes";

/** A record of the catalogue: in 6.1 and in 6.12, without a contract of its own, unless it says otherwise. */
export function api(fields: Omit<ApiFunction, Common> & Partial<Pick<ApiFunction, Common>>): ApiFunction {
  return { in61: true, in612: true, produces: "", requires: "", notes: "", ...fields };
}

/** One parameter; `type` is the C type as declared. */
export function parameter(
  name: string,
  role: Role,
  type?: string,
  more?: Pick<Parameter, "accepts" | "note">,
): Parameter {
  return { name, role, ...(type === undefined ? {} : { type }), ...more };
}

/** Memory in the kernel's linear map that nothing else keeps for itself. */
export const linear: readonly MemoryKind[] = ["linear"];
/** Memory in the linear map, whatever it was allocated for: address arithmetic is right for it. */
export const linearMap: readonly MemoryKind[] = ["linear", "noncoherent"];
/** What register accessors are for. */
export const registers: readonly MemoryKind[] = ["iomem", "sram"];
/** What plain loads and stores may be used on. */
export const anyMemory: readonly MemoryKind[] = [
  "linear",
  "maybe-vmalloc",
  "vmalloc",
  "vmap",
  "kmap",
  "stack",
  "image",
  "percpu",
  "memremap",
  "sram",
  "coherent",
  "coherent-wc",
  "noncoherent",
  "noncontiguous",
];

/** The kind of memory by SNDRV_DMA_TYPE_*: include/sound/memalloc.h:32-49. The SG types are plain DEV where there is no SG support. */
export const soundMemory: Readonly<Record<string, MemoryKind>> = {
  SNDRV_DMA_TYPE_CONTINUOUS: "linear",
  SNDRV_DMA_TYPE_DEV: "coherent",
  SNDRV_DMA_TYPE_DEV_SG: "noncontiguous",
  SNDRV_DMA_TYPE_DEV_IRAM: "sram",
  SNDRV_DMA_TYPE_DEV_WC: "coherent-wc",
  SNDRV_DMA_TYPE_DEV_WC_SG: "noncontiguous",
  SNDRV_DMA_TYPE_VMALLOC: "vmalloc",
  SNDRV_DMA_TYPE_NONCONTIG: "noncontiguous",
  SNDRV_DMA_TYPE_NONCOHERENT: "noncoherent",
};
/** The kind of coherent memory by DMA_ATTR_*: include/linux/dma-mapping.h:26,31. */
export const attributeMemory: Readonly<Record<string, MemoryKind>> = {
  DMA_ATTR_NO_KERNEL_MAPPING: "cookie",
  DMA_ATTR_WRITE_COMBINE: "coherent-wc",
};
