import type { ApiFunction } from "./contract.ts";
import { api, parameter, registers } from "./record.ts";

/**
 * PowerPC's own register accessors, by the endianness of the register. They are ordered as readl() and writel() are: a sync comes
 * before the store, a twi and isync after the load (arch/powerpc/include/asm/io.h:106-165).
 */
export const powerpcIo: readonly ApiFunction[] = [
  ["8", "u8", 166, 167],
  ["be16", "u16", 170, 175],
  ["le16", "u16", 172, 177],
  ["be32", "u32", 171, 176],
  ["le32", "u32", 173, 178],
  ["be64", "u64", 196, 195],
  ["le64", "u64", 210, 209],
].flatMap(([suffix, type, read, write]) => [
  api({
    name: `in_${suffix}`,
    group: "mmio",
    parameters: [
      parameter("addr", "address", `const volatile ${type} __iomem *`, { accepts: registers, note: "cpu:iomem" }),
    ],
    returns: String(type),
    effect: "mmio-read",
    error: "none",
    orders: "memory-read",
    source: `arch/powerpc/include/asm/io.h:${read}`,
    requires: "cpu:iomem",
    notes: "PowerPC only",
  }),
  api({
    name: `out_${suffix}`,
    group: "mmio",
    parameters: [
      parameter("addr", "address", `volatile ${type} __iomem *`, { accepts: registers, note: "cpu:iomem" }),
      parameter("val", "value", String(type)),
    ],
    returns: "void",
    effect: "mmio-write",
    error: "none",
    orders: "memory-write",
    source: `arch/powerpc/include/asm/io.h:${write}`,
    requires: "cpu:iomem",
    notes: "PowerPC only",
  }),
]);
