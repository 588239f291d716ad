/** Kernel structures in ordinary pages that user space maps and the kernel goes on writing. */
import type { ProgramFunction, Statement } from "../../program/program.ts";
import { targetOf } from "../../program/visit.ts";
import type { Facts, Origin } from "../facts.ts";
import { fieldKey, recordAt } from "../values/field-keys.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { workingsOf } from "../unit-facts.ts";
import { type UserMapping, userMappings } from "./user-mapping.ts";

export interface SharedStruct {
  readonly mapping: UserMapping;
  readonly origin: Origin;
  /** A function that stores to the structure after it was made. */
  readonly writer: ProgramFunction;
}

/** Calls that take care of aliases: a driver that makes one of them knows the subject. */
const careful = [
  "flush_dcache_page",
  "flush_dcache_folio",
  "flush_kernel_vmap_range",
  "flush_dcache_range",
  "dma_sync_single_for_device",
  "dma_sync_sg_for_device",
];

export function sharedStructs(facts: Facts): readonly SharedStruct[] {
  const found: SharedStruct[] = [];
  const mappings = userMappings(facts);
  for (const mapping of mappings) {
    if (mapping.exporter !== undefined || mapping.protection.kind === "uncached") continue;
    const { file } = mapping.function;
    if (careful.some((name) => facts.callsTo(name).some((site) => site.function.file === file))) continue;
    // A question in one mapping's function is about that mapping; elsewhere (in probe) it is about all of the file's.
    const asked = facts.callsTo("cpu_dcache_is_aliasing").map((site) => site.function);
    const others = mappings.map((one) => one.function).filter((one) => one !== mapping.function);
    if (asked.some((one) => one.file === file && !others.includes(one))) continue;
    for (const { origin, context } of forbiddenOrigins(mapping.value, isOrdinaryPage)) {
      if (context.guards.some((guard) => guard.key.startsWith("config:"))) continue;
      const writer = writerOf(facts, mapping, origin);
      if (writer) found.push({ mapping, origin, writer });
    }
  }
  return found;
}

function isOrdinaryPage(origin: Origin): boolean {
  return (
    origin.kind === "linear" && origin.conversions.some((one) => one === "page" || one === "phys" || one === "pfn")
  );
}

/** A function other than the allocating one that stores to a field of the struct that the mapped pointer points to. */
function writerOf(facts: Facts, mapping: UserMapping, origin: Origin): ProgramFunction | undefined {
  const { record, key } = recordBehind(facts, mapping) ?? {};
  if (record === undefined) return undefined;
  const fields = facts.unit.records.get(record)?.fields ?? [];
  const { index } = workingsOf(facts);
  for (const field of fields)
    for (const store of index.storesTo(`${record}.${field.name}`))
      if (
        store.function !== origin.birth?.function &&
        store.function !== mapping.function &&
        !isByOtherPointer(store.statement, record, key)
      )
        return store.function;
  return undefined;
}

/** The store goes through another pointer of the struct that holds this one: `p->other->position = 0`. */
function isByOtherPointer(statement: Statement, record: string, key: string | undefined): boolean {
  const steps = targetOf(statement)?.steps ?? [];
  const own = steps.findIndex((step, at) => step.kind === "field" && recordAt(steps, at) === record);
  if (own < 0 || key === undefined) return false;
  const [holder = ""] = fieldKey(steps.slice(0, own))?.split("*") ?? [];
  return holder !== key && holder.split(".")[0] === key.split(".")[0];
}

/** The struct type of the pointer that the mapping's value was read from, and the field that holds the pointer: "stream.status". */
function recordBehind(
  facts: Facts,
  mapping: UserMapping,
): { readonly record: string; readonly key: string | undefined } | undefined {
  const values = workingsOf(facts).provenance.localValues(mapping.function);
  for (const one of values.valueAt(mapping.statement.id, mapping.subject)) {
    if (one.symbol.kind !== "entry") continue;
    const { type } = one.symbol.location;
    const key = fieldKey(one.symbol.location.steps);
    if (type.kind === "pointer" && type.target.kind === "record") return { record: type.target.name, key };
    // The location's type is lost through a local: look the field up.
    const dot = key?.indexOf(".") ?? -1;
    const field =
      key && facts.unit.records.get(key.slice(0, dot))?.fields.find((each) => each.name === key.slice(dot + 1));
    if (field && field.type.kind === "pointer" && field.type.target.kind === "record")
      return { record: field.type.target.name, key };
  }
  return undefined;
}
