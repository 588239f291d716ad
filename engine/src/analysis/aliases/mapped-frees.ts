/**
 * Buffers that are freed while a process may have them mapped. A mapping by dma_mmap_coherent() or remap_pfn_range() holds no reference
 * to the memory, and it outlives the ioctl that frees it and the driver's removal; only the file's release comes after its end
 * (kernel/dma/mapping.c:536-564, mm/memory.c: remap_pfn_range(), linux 6.12.117).
 */
import type { Expression, ProgramFunction, Statement } from "../../program/program.ts";
import { expressionsOf, expressionsOfTerminator } from "../../program/visit.ts";
import type { ApiCall, Facts, Origin, Value } from "../facts.ts";
import { freesByHandle } from "../coherent/handle-frees.ts";
import { placesIn } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";
import { fieldKey } from "../values/field-keys.ts";
import { birthKey } from "../values/judgement.ts";
import { userMappings } from "./user-mapping.ts";

export interface MappedFree {
  /** What maps the buffer into user space. */
  readonly mapping: { readonly function: ProgramFunction; readonly statement: Statement; readonly name: string };
  readonly free: ApiCall;
  /** The freed pointer, as the call is given it. */
  readonly subject: Expression;
  readonly origin: Origin;
  /** The operation that leads to the free while the file is open. */
  readonly entry: { readonly name: string; readonly when: "ioctl" | "removal" };
}

/** Operations that run while other mappings of the device exist (include/linux/fs.h, platform_device.h, pci.h, usb.h). */
const entries: ReadonlyMap<string, MappedFree["entry"]["when"]> = new Map([
  ["unlocked_ioctl", "ioctl"],
  ["compat_ioctl", "ioctl"],
  ["fb_ioctl", "ioctl"],
  ["vidioc_streamoff", "ioctl"],
  ["remove", "removal"],
  ["remove_new", "removal"],
  ["disconnect", "removal"],
] as const);

/** All of them, by file and place of the free. Silent where the mapping is counted, noted or undone in any way. */
export function mappedFrees(facts: Facts): readonly MappedFree[] {
  const mappings = dmaMappings(facts);
  if (mappings.length === 0) return [];
  const frees = facts.callsOf(freesByHandle);
  if (frees.length === 0 || undoing.some((name) => facts.callsTo(name).length > 0)) return [];
  return frees.flatMap((free) => {
    const subject = free.argument("cpu") ?? free.argument("page");
    if (!subject) return [];
    const freed = originsOf(facts.valueOf({ function: free.function, statement: free.statement.id }, subject));
    for (const mapping of mappings) {
      const mapped = new Set(originsOf(mapping.value).map(birthKey));
      const origin = freed.find((one) => one.birth !== undefined && mapped.has(birthKey(one)));
      if (!origin?.birth || isUnwinding(origin, free)) continue;
      const entry = entryOf(facts, free.function, origin.birth.function);
      if (!entry || isCounted(facts, mapping.function, entry.above)) continue;
      return [{ mapping, free, subject, origin, entry: { name: entry.name, when: entry.when } }];
    }
    return [];
  });
}

/** Calls that take a mapping away from the processes that have it. */
const undoing = ["unmap_mapping_range", "unmap_mapping_pages", "zap_vma_ptes", "zap_page_range_single"];

interface DmaMapping {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  readonly name: string;
  readonly value: Value;
}

function dmaMappings(facts: Facts): readonly DmaMapping[] {
  const byApi = facts.callsWith("map-user").flatMap((call): readonly DmaMapping[] => {
    const subject = /^dma_mmap_/.test(call.name) ? (call.argument("cpu") ?? call.argument("page")) : undefined;
    if (!subject) return [];
    const { function: owner, statement, name } = call;
    return [
      {
        function: owner,
        statement,
        name: `${name}()`,
        value: facts.valueOf({ function: owner, statement: statement.id }, subject),
      },
    ];
  });
  // vm_insert_page() and a fault's page take a reference: the memory stays until the last mapping has gone.
  const byHand = userMappings(facts).filter((one) => one.exporter === undefined && one.unit !== "page");
  return [...byApi, ...byHand];
}

function originsOf(value: Value): readonly Origin[] {
  return value.contexts.flatMap(({ origins }) => origins.filter(({ birth }) => birth !== undefined));
}

/** The function that made the memory gives it back: nobody can have it mapped yet. */
function isUnwinding({ birth }: Origin, free: ApiCall): boolean {
  if (birth?.function !== free.function) return false;
  const flow = flowOf(free.function);
  const [made, freed] = [flow.locate(birth.statement.id), flow.locate(free.statement.id)];
  if (!made || !freed) return true;
  return made.block === freed.block ? made.index < freed.index : flow.reaches(made.block, freed.block);
}

/** An operation that comes to the free, not by the function that made the memory and failed afterwards. */
function entryOf(
  facts: Facts,
  target: ProgramFunction,
  maker: ProgramFunction,
): (MappedFree["entry"] & { readonly above: ReadonlySet<ProgramFunction> }) | undefined {
  const above = new Set([target]);
  for (const one of above)
    for (const { caller } of facts.unit.callersOf(one)) if (caller !== maker && above.size < 60) above.add(caller);
  let removal: string | undefined;
  for (const table of facts.unit.opsTables)
    for (const { field, value } of table.entries) {
      const when = entries.get(field);
      const entry = when && facts.unit.functionNamed(value, table.file);
      if (!entry || !above.has(entry)) continue;
      if (when === "ioctl") return { name: value, when, above };
      removal ??= value;
    }
  return removal === undefined ? undefined : { name: removal, when: "removal", above };
}

/**
 * Whether the driver knows of its mappings: the mapping functions count, take a reference, install operations of their own, or note
 * something in a field that the freeing functions read.
 */
function isCounted(facts: Facts, mapper: ProgramFunction, freeing: ReadonlySet<ProgramFunction>): boolean {
  const mapping = new Set([mapper]);
  for (const one of mapping)
    for (const { caller } of facts.unit.callersOf(one)) if (mapping.size < 40) mapping.add(caller);
  for (const table of facts.unit.opsTables)
    if (table.record === "vm_operations_struct")
      for (const { field, value } of table.entries) {
        const opener = field === "open" ? facts.unit.functionNamed(value, table.file) : undefined;
        if (opener?.file === mapper.file) mapping.add(opener);
      }
  // A mapping of a dma-buf holds its file, and the file the buffer: only its own release comes after.
  const isExported = facts.unit.opsTables.some(
    (table) =>
      table.record === "dma_buf_ops" &&
      table.entries.some(({ value }) => [...mapping].some((one) => one.name === value && one.file === table.file)),
  );
  if (isExported) return true;
  const noted = new Set<string>();
  for (const owner of mapping)
    for (const { statements } of owner.blocks)
      for (const statement of statements) {
        if (statement.kind === "call" && statement.callee.kind === "direct" && counting.test(statement.callee.name))
          return true;
        const target =
          statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
        const key = target && fieldKey(target.steps);
        if (key === "vm_area_struct.vm_ops") return true;
        if (key !== undefined && !/^(vm_area_struct|vm_fault)\./.test(key)) noted.add(key);
      }
  return noted.size > 0 && [...freeing].some((owner) => readsAny(owner, noted));
}
const counting = /_get$|_inc$|kref_get|refcount_|atomic_|get_device|get_file|fget|module_get|^drm_|^vb2_|_ref$|hold/;

function readsAny(owner: ProgramFunction, keys: ReadonlySet<string>): boolean {
  const reads = (one: Expression): boolean =>
    placesIn(one).some(({ steps }) => {
      const key = fieldKey(steps);
      return key !== undefined && keys.has(key);
    });
  return owner.blocks.some(
    ({ statements, terminator }) =>
      statements.some((one) => expressionsOf(one).some(reads)) || expressionsOfTerminator(terminator).some(reads),
  );
}
