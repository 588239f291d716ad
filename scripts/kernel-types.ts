/** The text of the module "dma-lens/kernel" that snippets import: pure functions over the catalogue and the core structures. */
import {
  apiFunctions,
  type ApiFunction,
  type ErrorConvention,
  type Parameter,
} from "../engine/src/kernel/catalogue.ts";
import { kernelConstants } from "../engine/src/kernel/constants.ts";
import { coreRecordSources } from "../engine/src/program/core-record-data.ts";
import { declarationsOf } from "../engine/src/program/declarations.ts";
import { scalarType } from "../engine/src/program/scalar-types.ts";
import { linkScopes, type Scope } from "../engine/src/program/scope.ts";
import type { Type } from "../engine/src/program/types.ts";
import { prelude } from "./kernel-types-prelude.ts";

/** The whole module, formatted as the generator's caller likes. */
export function kernelTypes(): string {
  const writer = new Writer();
  const functions = apiFunctions.filter((one) => !unsaid.has(one.name)).map((one) => functionText(writer, one));
  const constants = kernelConstants
    .filter((constant) => !["NULL", "true", "false"].includes(constant.name))
    .map(
      (one) => `/** ${one.value.toString(10)} (${one.source}) */\nexport const ${one.name}: ${constantType(one.name)};`,
    );
  const records = writer.recordTexts();
  const enums = [...writer.enums].sort().map((name) => `export type ${name} = number & Flavour<"enum ${name}">;`);
  return [
    prelude,
    "// ---------------------------------------------------------------- scalars\n",
    scalarTexts(writer),
    ...enums,
    "\n// ---------------------------------------------------------------- structures\n",
    ...records,
    "\n// ---------------------------------------------------------------- constants\n",
    ...constants,
    "\n// ---------------------------------------------------------------- functions\n",
    ...functions,
    "",
  ].join("\n");
}

/** What TypeScript cannot say (a type as an argument, a name that is declared), and what the prelude says better. */
const unsaid = new Set([
  ...["kmalloc", "kzalloc", "kvmalloc", "kvzalloc"].flatMap((name) => [`${name}_obj`, `${name}_objs`, `${name}_flex`]),
  ..."alloc_percpu DEFINE_DMA_UNMAP_ADDR DEFINE_DMA_UNMAP_LEN dma_unmap_addr dma_unmap_addr_set".split(" "),
  ..."dma_unmap_len dma_unmap_len_set for_each_sg for_each_sgtable_sg for_each_sgtable_dma_sg".split(" "),
  ..."for_each_sgtable_page for_each_sgtable_dma_page get_user put_user WRITE_ONCE rcu_assign_pointer".split(" "),
  ..."smp_store_release smp_load_acquire READ_ONCE".split(" "),
]);

const reserved = new Set(
  "in new function default delete class var typeof this with case enum export import".split(" "),
);

// ---------------------------------------------------------------- scalars

/** Kinds of number that must not be mixed up. */
const flavoured = new Set(["dma_addr_t", "phys_addr_t", "gfp_t", "vm_fault_t"]);
/** 64-bit or word-sized, but compared and returned with plain numbers everywhere. */
const smallLongs = new Set(["ssize_t", "long"]);

function isWide(name: string): boolean {
  const type = scalarType(name);
  return type !== undefined && !smallLongs.has(name) && (typeof type.bits === "string" || type.bits === 64);
}

function scalarTexts(writer: Writer): string {
  const names = [
    ...new Set([..."int uint ulong u8 u16 u32 u64 s8 s16 s32 s64 size_t ssize_t".split(" "), ...writer.scalars]),
  ];
  const lines = names.sort().map((name) => {
    const base = isWide(name) ? "bigint" : "number";
    return `export type ${name} = ${base}${flavoured.has(name) ? ` & Flavour<"${name}">` : ""};`;
  });
  return [
    ...lines,
    "/** A page frame number; what remap_pfn_range() wants. An address shifted by PAGE_SHIFT is a plain number again. */",
    'export type pfn = bigint & Flavour<"pfn">;',
    "/** Page protection bits. */",
    'export interface pgprot_t {\n  readonly [kernel]: "pgprot_t";\n}',
    'export interface pfn_t {\n  readonly [kernel]: "pfn_t";\n}',
    "export type irqreturn_t = number;",
    "export type bool = boolean;",
  ].join("\n");
}

function constantType(name: string): string {
  if (name === "DMA_MAPPING_ERROR") return "dma_addr_t";
  if (/^DMA_(BIDIRECTIONAL|TO_DEVICE|FROM_DEVICE|NONE)$/.test(name)) return "dma_data_direction";
  if (/^DMA_(MEM|DEV)_TO_/.test(name)) return "dma_transfer_direction";
  if (/^_*GFP_/.test(name)) return "gfp_t";
  if (/^VM_FAULT_/.test(name)) return "vm_fault_t";
  return /^(PAGE_|SZ_|VM_|DMA_ATTR_)/.test(name) ? "bigint" : "number";
}

// ---------------------------------------------------------------- structures

class Writer {
  readonly scalars = new Set<string>();
  readonly enums = new Set<string>(["dma_data_direction", "dma_transfer_direction"]);
  readonly #records = new Set<string>(coreRecordSources.map((record) => record.name));
  readonly #scope: Scope | undefined;

  constructor() {
    const empty = declarationsOf("snippet.ts", { kind: "translation-unit", items: [], gaps: [] }, "");
    this.#scope = linkScopes(new Map([["snippet.ts", empty]])).scopes.get("snippet.ts");
  }

  scalar(name: string): string {
    const short = spelled.get(name) ?? name;
    if (short === "boolean" || short === "number" || short === "bigint") return short;
    if (scalarType(short) === undefined) return "number";
    this.scalars.add(short);
    return short;
  }

  record(name: string): string {
    if (!/^\w+$/.test(name) || reserved.has(name)) return "unknown";
    this.#records.add(name);
    return name;
  }

  /** Interfaces of all structures that were named, and of those that they name in turn. */
  recordTexts(): string[] {
    const texts = new Map<string, string>();
    for (let round = 0; round < 20 && texts.size < this.#records.size; round++) {
      for (const name of [...this.#records]) if (!texts.has(name)) texts.set(name, this.#recordText(name));
    }
    return [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  }

  #recordText(name: string): string {
    const source = coreRecordSources.find((record) => record.name === name)?.source;
    const fields = this.#scope?.recordNamed(name)?.fields ?? [];
    // Tables of functions and drivers are written as object literals, with what one has.
    const isTable = /(_ops|_operations|operations_struct|_driver)$/.test(name);
    const lines = fields.map((field) => `  ${field.name}${isTable ? "?" : ""}: ${this.fieldType(field.type, 0)};`);
    const doc = source === undefined ? "" : `/** struct ${name}, in parts (${source}). */\n`;
    return `${doc}export interface ${name} {\n  readonly [kernel]${isTable ? "?" : ""}: "${name}";\n${lines.join("\n")}\n}`;
  }

  /** The type of a structure's field. */
  fieldType(type: Type, depth: number): string {
    if (depth > 6) return "unknown";
    switch (type.kind) {
      case "void":
        return "void";
      case "integer":
        if (type.name.startsWith("enum ")) return "number";
        return this.scalar(type.name);
      case "opaque":
        return type.name === "pgprot_t" || type.name === "pfn_t" || type.name === "irqreturn_t" ? type.name : "unknown";
      case "record":
        return this.record(type.name);
      case "array":
        return `InlineArray<${this.fieldType(type.element, depth + 1)}, ${type.length ?? "number"}>`;
      case "function": {
        const parameters = type.parameters.map((one, index) => `p${index}: ${this.fieldType(one, depth + 1)}`);
        return `((${parameters.join(", ")}) => ${this.fieldType(type.result, depth + 1)}) | null`;
      }
      case "pointer":
        if (type.space === "iomem") return "Iomem";
        if (type.space === "user") return "UserPointer";
        if (type.target.kind === "record") return this.record(type.target.name);
        if (type.target.kind === "function") return this.fieldType(type.target, depth + 1);
        if (type.target.kind === "integer" && type.target.name === "char") return "string | Pointer | null";
        if (type.target.kind === "integer") return `Pointer<${this.fieldType(type.target, depth + 1)}> | null`;
        return "unknown";
      case "unknown":
        return "unknown";
    }
  }
}

// ---------------------------------------------------------------- functions

/** C spellings of integers. */
const spelled: ReadonlyMap<string, string> = new Map([
  ["unsigned int", "uint"],
  ["unsigned", "uint"],
  ["unsigned long", "ulong"],
  ["unsigned long long", "u64"],
  ["long long", "s64"],
  ["unsigned short", "u16"],
  ["short", "s16"],
  ["unsigned char", "u8"],
  ["char", "s8"],
  ["__u8", "u8"],
  ["__u16", "u16"],
  ["__u32", "u32"],
  ["__u64", "u64"],
  ["bool", "boolean"],
  ["_Bool", "boolean"],
  ["vm_flags_t", "ulong"],
  ["__kernel_size_t", "size_t"],
  ["resource_size_t", "phys_addr_t"],
  ["pci_bus_addr_t", "dma_addr_t"],
]);

function functionText(writer: Writer, record: ApiFunction): string {
  const parameters = record.parameters.map((parameter, index) => {
    const name = reserved.has(parameter.name) ? `${parameter.name}_` : parameter.name;
    return `${name}: ${parameterType(writer, parameter, record, index)}`;
  });
  if (record.variadic === true) parameters.push("...rest: unknown[]");
  const result = resultType(writer, record);
  const generic = result === "T" ? "<T extends object = Pointer<any>>" : "";
  const given = result === "T" && record.error === "null" ? "T | null" : result;
  return `${docText(record)}\nexport function ${record.name}${generic}(${parameters.join(", ")}): ${given};`;
}

function parameterType(writer: Writer, parameter: Parameter, record: ApiFunction, index: number): string {
  const { role } = parameter;
  switch (role) {
    case "direction":
      return parameter.type?.includes("transfer") === true || record.name.startsWith("dmaengine_")
        ? "dma_transfer_direction"
        : "dma_data_direction";
    case "handle":
      return "dma_addr_t | number";
    case "handle-out":
      return "Cell<dma_addr_t>";
    case "pfn":
      return parameter.type === "pfn_t" ? "pfn_t" : parameter.type?.includes("*") === true ? "pfn[]" : "pfn | number";
    case "phys":
      return "phys_addr_t | number";
    case "gfp":
      return "gfp_t";
    case "pgprot":
      return "pgprot_t";
    case "address":
      return record.group === "mmio" ? "Iomem" : "Integer";
    case "user-address":
      return parameter.type?.includes("*") === true || record.group === "user" ? "UserPointer" : "Integer";
    default:
      break;
  }
  if (parameter.type !== undefined) return cType(writer, parameter.type, role === "cpu" || role === "data");
  const byRole: Partial<Record<typeof role, string>> = {
    device: /^pdev$/.test(parameter.name) ? "pci_dev" : record.name.startsWith("usb_") ? "usb_device" : "device",
    vma: "vm_area_struct",
    page: parameter.name === "pages" ? "page[]" : "page",
    sg: "scatterlist",
    sgt: "sg_table",
    cpu: "voidptr",
    data: "voidptr",
    pool: "dma_pool",
    urb: "urb",
    skb: "sk_buff",
  };
  const known = byRole[role];
  if (known !== undefined) {
    if (/^[a-z]\w*$/.test(known) && known !== "voidptr") writer.record(known.replace("[]", ""));
    return known;
  }
  const numeric = ["size", "length", "offset", "count", "attrs", "value"].includes(role);
  return numeric ? "Integer" : index >= 0 ? "unknown" : "never";
}

/** A parameter's C type. An integer takes both kinds of number, a pointer may be NULL. */
function cType(writer: Writer, type: string, isMemory: boolean): string {
  const plain = type
    .replace(/\b(const|volatile|__force|__user|__iomem|__percpu|\*const)\b/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const stars = (plain.match(/\*/g) ?? []).length;
  const base = plain.replaceAll("*", "").trim();
  if (type.includes("__iomem")) return "Iomem";
  if (type.includes("__user")) return "UserPointer";
  if (type.includes("(*)")) return "((...values: never[]) => unknown) | null";
  if (base.startsWith("struct ")) {
    const name = writer.record(base.slice(7));
    return stars > 1 ? `(${name} | null)[]` : `${name} | null`;
  }
  if (base.startsWith("enum ")) return "number";
  if (stars > 0) {
    if (base === "char" && !isMemory) return "string | Pointer | null";
    if (base === "void" || isMemory) return "voidptr";
    return isWide(base)
      ? "Cell<bigint> | null"
      : scalarType(spelled.get(base) ?? base) === undefined
        ? "unknown"
        : "Cell<number> | null";
  }
  if (isMemory) return "voidptr | Integer";
  if (base === "pgprot_t" || base === "pfn_t") return base;
  if (base === "bool") return "boolean";
  return scalarType(spelled.get(base) ?? base) === undefined && !spelled.has(base) ? "unknown" : "Integer";
}

function resultType(writer: Writer, record: ApiFunction): string {
  const { returns, handle, error } = record;
  const orNull = error === "null" ? " | null" : "";
  if (handle === "pfn") return "pfn";
  if (handle === "phys" && !returns.includes("*")) return "phys_addr_t";
  if (returns.includes("__iomem")) return `Iomem${orNull}`;
  const plain = returns
    .replace(/\b(const|__percpu|__force)\b/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  if (plain === "void") return "void";
  if (/^(void|char|u8|unsigned char) ?\*/.test(plain)) return "T";
  // Pages by address: an unsigned long that is a pointer in truth.
  if (plain === "unsigned long" && record.memory !== undefined) return "T";
  const struct = /^struct (\w+) \*$/.exec(plain)?.[1];
  if (struct !== undefined) return `${writer.record(struct)}${orNull}`;
  if (plain === "pgprot_t" || plain === "pfn_t") return plain;
  if (plain === "bool") return "boolean";
  if (plain === "u64" && record.effect === "map-streaming") return "dma_addr_t";
  const short = spelled.get(plain) ?? plain;
  return scalarType(short) === undefined ? "number" : writer.scalar(short);
}

const failures: Readonly<Record<ErrorConvention, string>> = {
  none: "",
  null: "NULL when it fails.",
  "err-ptr": "Fails with an ERR_PTR: test with IS_ERR().",
  errno: "0, or a negative errno.",
  zero: "A count; 0 when it fails.",
  "negative-or-zero": "A count; 0 is no data, below 0 an error.",
  "dma-mapping-error": "Test the result with dma_mapping_error().",
  false: "false when it fails.",
};

function docText(record: ApiFunction): string {
  const lines = [
    record.produces && `Gives: ${record.produces}`,
    record.requires && `Requires: ${record.requires}`,
    record.notes,
    failures[record.error],
    record.in612 ? `linux 6.12.117: ${record.source}` : "",
  ].filter((line) => line !== "");
  if (!record.in612) lines.push(`@deprecated not in linux 6.12${record.removed ? `: ${record.removed}` : ""}`);
  return `/**\n${lines.map((line) => ` * ${line.replaceAll("*/", "* /")}`).join("\n")}\n */`;
}
