/**
 * Memory that user space maps and that the kernel reaches by an address of another colour: vmalloc memory and vmap() aliases of it, and
 * pages that the kernel maps for a moment. On a cache that is indexed by virtual address neither side sees the other's stores
 * before flush_dcache_page() or the vmap functions were called (Documentation/core-api/cachetlb.rst:224-307,374-398, 6.12.117).
 */
import type { CallStatement, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { expressionsOf, pointersOf, readsOf } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Facts, Origin } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { birthKey } from "../values/judgement.ts";
import { kernelAliases } from "./kernel-aliases.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";
import { type UserMapping, userMappings } from "./user-mapping.ts";

export interface UnflushedAccess {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  readonly span: FileSpan;
  /** How the source calls the kernel's address. */
  readonly name: string;
  /** The memory behind the kernel's address: what vmalloc(), vmap() or the page allocator made. */
  readonly origin: Origin;
  readonly mapping: UserMapping;
  readonly access: "alias" | "temporary";
}

/** Calls that take care of aliases. A driver's file that makes one of them knows the subject. */
const careful = [
  "flush_dcache_page",
  "flush_dcache_folio",
  "flush_kernel_vmap_range",
  "invalidate_kernel_vmap_range",
  "flush_kernel_dcache_page",
  "cpu_dcache_is_aliasing",
];

/** Accesses without care, one per function and memory, by function. */
export function unflushedAccesses(facts: Facts): readonly UnflushedAccess[] {
  const mappings = userMappings(facts).filter(
    (one) => one.exporter === undefined && one.protection.kind !== "uncached",
  );
  if (mappings.length === 0) return [];
  return [...aliasAccesses(facts, mappings), ...temporaryAccesses(facts, mappings)];
}

function isCareful(facts: Facts, file: string): boolean {
  return careful.some((name) => facts.callsTo(name).some((site) => site.function.file === file));
}

// ---------------------------------------------------------------- vmalloc memory and vmap() aliases

interface Alias {
  readonly mapping: UserMapping;
}

function aliasAccesses(facts: Facts, mappings: readonly UserMapping[]): readonly UnflushedAccess[] {
  const aliases = new Map<string, Alias>();
  const pages = new Map<string, UserMapping>();
  for (const mapping of mappings)
    for (const origin of originsOf(mapping)) {
      if (isVmalloc(origin) && origin.conversions.includes("vmalloc-page")) aliases.set(birthKey(origin), { mapping });
      if (origin.kind === "linear" && origin.birth) pages.set(birthKey(origin), mapping);
    }
  for (const alias of pages.size > 0 ? kernelAliases(facts) : [])
    for (const context of alias.elements.contexts)
      for (const origin of context.origins) {
        const mapping = origin.kind === "linear" ? pages.get(birthKey(origin)) : undefined;
        if (mapping) aliases.set(`${alias.statement.file}:${alias.statement.start}`, { mapping });
      }
  if (aliases.size === 0) return [];
  return facts.unit.functions.flatMap((owner) => accessesIn(facts, owner, aliases));
}

/** vmalloc_user() takes care of the colour: its memory is aligned to SHMLBA (mm/vmalloc.c, 6.12.117). */
function isVmalloc(origin: Origin): boolean {
  const callee = origin.birth?.statement.callee;
  return origin.kind === "vmalloc" && callee?.kind === "direct" && !/_user/.test(callee.name);
}

function originsOf(mapping: UserMapping): readonly Origin[] {
  return mapping.value.contexts.flatMap((context) => context.origins);
}

function accessesIn(
  facts: Facts,
  owner: ProgramFunction,
  aliases: ReadonlyMap<string, Alias>,
): readonly UnflushedAccess[] {
  const found: UnflushedAccess[] = [];
  const seen = new Set<string>();
  for (const block of flowOf(owner).order)
    for (const statement of owner.blocks[block]?.statements ?? [])
      for (const place of touchedBy(facts, owner, statement)) {
        const key = fieldKey(place.steps);
        if (key === undefined || workingsOf(facts).index.storesTo(key).length === 0) continue;
        for (const origin of workingsOf(facts).provenance.originsOfField(key, "", owner.file)) {
          const alias = aliases.get(birthKey(origin));
          if (!alias || seen.has(birthKey(origin)) || !origin.conversions.every((one) => one === "offset")) continue;
          // While it is made nobody has it mapped yet.
          if (origin.birth?.function === owner || alias.mapping.function === owner) continue;
          if (isCareful(facts, owner.file) || isCareful(facts, alias.mapping.function.file)) continue;
          seen.add(birthKey(origin));
          const { file, start, end } = place;
          found.push({
            function: owner,
            statement,
            span: { file, start, end },
            name: facts.textOfPlace(owner, place),
            origin,
            mapping: alias.mapping,
            access: "alias",
          });
        }
      }
  return found;
}

/** Pointers whose memory the statement reads or writes, by itself or in a function that it hands them to. */
function touchedBy(facts: Facts, owner: ProgramFunction, statement: Statement): readonly Place[] {
  const places = expressionsOf(statement).flatMap(readsOf);
  const touched = places.flatMap(pointersOf);
  if (statement.kind === "assign" || statement.kind === "zero") touched.push(...pointersOf(statement.target));
  if (statement.kind === "call" && statement.callee.kind === "direct") {
    const { name } = statement.callee;
    const callee = facts.unit.functionNamed(name, owner.file);
    statement.arguments.forEach((argument, at) => {
      if (callee ? dereferences(facts, callee, at) : touchesArgument(name, at)) touched.push(...readsOf(argument));
    });
  }
  return touched;
}

/** Library functions that read or write the memory behind their argument. */
function touchesArgument(name: string, at: number): boolean {
  if (/^(memcpy|memmove|memcmp)$/.test(name)) return at < 2;
  if (/^(memset|memchr|__copy_from_user|copy_from_user)$/.test(name)) return at === 0;
  return /^(__copy_to_user|copy_to_user)$/.test(name) && at === 1;
}

/**
 * Whether a function reads or writes the memory that a parameter points to, over as many pointers as `level` says: by itself, by a
 * local that it computes from it, or in a function that it hands one of them to.
 */
function dereferences(facts: Facts, target: ProgramFunction, parameter: number, level = 0, depth = 0): boolean {
  const first = target.parameters[parameter];
  if (first === undefined || depth > 3) return false;
  const levels = new Map([[first, level]]);
  /** How many pointers lie between the place's value and the memory; below zero where the place is in the memory itself. */
  const levelOf = ({ root, steps }: Place): number | undefined => {
    const own = root.kind === "variable" ? levels.get(root.id) : undefined;
    return own === undefined ? undefined : own - steps.filter((step) => step.kind === "deref").length;
  };
  const touches = (place: Place): boolean => (levelOf(place) ?? 0) < 0;
  const handedOn = (statement: CallStatement): boolean => {
    if (statement.callee.kind !== "direct") return false;
    const { name } = statement.callee;
    const callee = facts.unit.functionNamed(name, target.file);
    return statement.arguments.some((argument, at) => {
      const one = peel(argument);
      const beyond = one.kind === "address" ? levelOf(one.place) : undefined;
      const given = beyond === undefined ? readsOf(argument).map(levelOf) : [beyond + 1];
      return given.some((each) => {
        if (each === undefined || each < 0) return false;
        return callee ? dereferences(facts, callee, at, each, depth + 1) : each === 0 && touchesArgument(name, at);
      });
    });
  };
  for (let round = 0; round < 3; round++)
    for (const block of target.blocks)
      for (const statement of block.statements) {
        const reads = expressionsOf(statement).flatMap(readsOf);
        if (reads.some(touches)) return true;
        if (statement.kind === "call" && handedOn(statement)) return true;
        if (statement.kind !== "assign") continue;
        if (touches(statement.target)) return true;
        const { root, steps } = statement.target;
        if (root.kind !== "variable" || steps.length > 0 || levels.has(root.id)) continue;
        const from = reads.map(levelOf).find((one) => one !== undefined && one >= 0);
        if (from !== undefined) levels.set(root.id, from);
      }
  return false;
}

// ---------------------------------------------------------------- pages that the kernel maps for a moment

const temporaries = ["kmap_local_page", "kmap_atomic", "kmap"];
const writers = /^(memcpy|memmove|memset|strscpy|__copy_from_user|copy_from_user|copy_from_iter)$/;

/** Stores by kmap_local_page() and kin into pages that user space has mapped already, in functions that do not flush. */
function temporaryAccesses(facts: Facts, mappings: readonly UserMapping[]): readonly UnflushedAccess[] {
  const sites = temporaries.flatMap((name) => facts.callsTo(name));
  if (sites.length === 0) return [];
  const pages = new Map<string, UserMapping>();
  for (const mapping of mappings)
    for (const origin of originsOf(mapping))
      if (origin.birth && origin.api?.handle === "page" && mapping.unit === "page")
        pages.set(birthKey(origin), mapping);
  if (pages.size === 0) return [];
  const found: UnflushedAccess[] = [];
  for (const { function: owner, statement } of sites) {
    const page = statement.arguments[0];
    if (!page || careful.some((name) => facts.callsTo(name).some((site) => site.function === owner))) continue;
    const value = facts.valueOf({ function: owner, statement: statement.id }, page);
    const origin = value.contexts.flatMap((context) => context.origins).find((one) => pages.has(birthKey(one)));
    const mapping = origin && pages.get(birthKey(origin));
    if (!origin || !mapping || origin.birth?.function === owner) continue;
    const write = writeThrough(facts, owner, statement);
    if (!write) continue;
    const span = write.kind === "call" ? write.calleeSpan : write;
    const { file, start, end } = span;
    found.push({
      function: owner,
      statement: write,
      span: { file, start, end },
      name: facts.textOf(owner, page),
      origin,
      mapping,
      access: "temporary",
    });
  }
  return found;
}

/** The first library call that writes through the address which a call made. */
function writeThrough(facts: Facts, owner: ProgramFunction, made: CallStatement): Statement | undefined {
  for (const block of flowOf(owner).order)
    for (const statement of owner.blocks[block]?.statements ?? []) {
      if (statement.kind !== "call" || statement.callee.kind !== "direct" || !writers.test(statement.callee.name))
        continue;
      const target = statement.arguments[0];
      if (!target) continue;
      const value = facts.valueOf({ function: owner, statement: statement.id }, target);
      const origins = value.contexts.flatMap((context) => context.origins);
      if (origins.some((one) => one.birth?.statement === made)) return statement;
    }
  return undefined;
}
