/**
 * Names of the kernel's scalar types. Their headers are not in a driver unit, so they are known here by name.
 * Sources (linux 6.12.117): include/uapi/asm-generic/int-ll64.h, include/linux/types.h, include/uapi/linux/types.h.
 */
import type { IntegerType, PointerType, Type } from "./types.ts";

type Bits = IntegerType["bits"];

/** Builtin spellings (normalised by the parser) and typedef names: width and sign. */
const scalars: Readonly<Record<string, readonly [Bits, boolean]>> = {
  // The language's own; "char" is taken as signed, plain "int" stands for every spelling the parser normalises to it.
  _Bool: [1, false],
  char: [8, true],
  "signed char": [8, true],
  "unsigned char": [8, false],
  short: [16, true],
  "short int": [16, true],
  "unsigned short": [16, false],
  "unsigned short int": [16, false],
  int: [32, true],
  signed: [32, true],
  "signed int": [32, true],
  unsigned: [32, false],
  "unsigned int": [32, false],
  long: ["long", true],
  "long int": ["long", true],
  "signed long": ["long", true],
  "unsigned long": ["long", false],
  "unsigned long int": ["long", false],
  "long long": [64, true],
  "long long int": [64, true],
  "signed long long": [64, true],
  "unsigned long long": [64, false],
  "unsigned long long int": [64, false],
  // include/linux/types.h and asm-generic/int-ll64.h
  bool: [1, false],
  u8: [8, false],
  u16: [16, false],
  u32: [32, false],
  u64: [64, false],
  s8: [8, true],
  s16: [16, true],
  s32: [32, true],
  s64: [64, true],
  __u8: [8, false],
  __u16: [16, false],
  __u32: [32, false],
  __u64: [64, false],
  __s8: [8, true],
  __s16: [16, true],
  __s32: [32, true],
  __s64: [64, true],
  uint8_t: [8, false],
  uint16_t: [16, false],
  uint32_t: [32, false],
  uint64_t: [64, false],
  int8_t: [8, true],
  int16_t: [16, true],
  int32_t: [32, true],
  int64_t: [64, true],
  u_int8_t: [8, false],
  u_int16_t: [16, false],
  u_int32_t: [32, false],
  u_int64_t: [64, false],
  unchar: [8, false],
  ushort: [16, false],
  uint: [32, false],
  ulong: ["long", false],
  u_char: [8, false],
  u_short: [16, false],
  u_int: [32, false],
  u_long: ["long", false],
  __le16: [16, false],
  __le32: [32, false],
  __le64: [64, false],
  __be16: [16, false],
  __be32: [32, false],
  __be64: [64, false],
  __sum16: [16, false],
  __wsum: [32, false],
  __hc32: [32, false],
  __hc16: [16, false],
  __fs32: [32, false],
  size_t: ["long", false],
  ssize_t: ["long", true],
  __kernel_size_t: ["long", false],
  ptrdiff_t: ["long", true],
  uintptr_t: ["long", false],
  intptr_t: ["long", true],
  loff_t: [64, true],
  off_t: ["long", true],
  sector_t: [64, false],
  blkcnt_t: [64, false],
  pgoff_t: ["long", false],
  gfp_t: [32, false],
  slab_flags_t: [32, false],
  fmode_t: [32, false],
  umode_t: [16, false],
  mode_t: [32, false],
  dev_t: [32, false],
  pid_t: [32, true],
  uid_t: [32, false],
  gid_t: [32, false],
  time64_t: [64, true],
  ktime_t: [64, true],
  cycles_t: ["long", false],
  irq_hw_number_t: ["long", false],
  acpi_status: [32, false],
  __poll_t: [32, false],
  vm_fault_t: [32, false],
  vm_flags_t: ["long", false],
  netdev_features_t: [64, false],
  dma_cookie_t: [32, true],
  dma_addr_t: ["dma", false],
  dma64_addr_t: [64, false],
  phys_addr_t: ["phys", false],
  resource_size_t: ["phys", false],
};

const known = new Map<string, IntegerType>(
  Object.entries(scalars).map(([name, [bits, signed]]) => [name, { kind: "integer", bits, signed, name }]),
);

/** The integer type with this builtin or typedef name; undefined when the kernel has no such scalar. */
export function scalarType(name: string): IntegerType | undefined {
  return known.get(name);
}

function scalar(name: string): IntegerType {
  const type = known.get(name);
  return type ?? { kind: "integer", bits: 32, signed: true, name };
}

export const voidType: Type = { kind: "void" };
export const boolType = scalar("bool");
export const charType = scalar("char");
export const intType = scalar("int");
export const unsignedIntType = scalar("unsigned int");
export const longType = scalar("long");
export const unsignedLongType = scalar("unsigned long");
export const longLongType = scalar("long long");
export const unsignedLongLongType = scalar("unsigned long long");
export const voidPointer: PointerType = { kind: "pointer", target: voidType };
export const charPointer: PointerType = { kind: "pointer", target: charType };
