/**
 * What the application asks for in mmap(), and whether anybody holds it against the buffer: remap_pfn_range() maps as much as it is
 * told to (mm/memory.c); dma_mmap_coherent() and vm_iomap_memory() test it themselves (kernel/dma/direct.c:560-561, linux 6.12.117).
 */
import { isMessage } from "../../kernel/inert.ts";
import type { Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import type { Type } from "../../program/types.ts";
import { expressionsOfTerminator, readsOf, walkExpression } from "../../program/visit.ts";
import type { ApiCall, Facts, Guard, Origin } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { type UserMapping, userMappings } from "./user-mapping.ts";
import { fieldOf, isLength, lengthVariables, statementsOf } from "./vma-lengths.ts";
import { workingsOf } from "../unit-facts.ts";

export interface UncheckedRange {
  readonly mapping: UserMapping;
  /** The size argument. */
  readonly size: Expression;
  /** The memory that is mapped. */
  readonly origin: Origin;
}

const mappers = ["remap_pfn_range", "io_remap_pfn_range"];

/** Operations that the core calls with whatever the application asked for. ALSA, UIO and DRM test the range before the driver's. */
const openOps: Readonly<Record<string, string>> = {
  file_operations: "mmap",
  fb_ops: "fb_mmap",
  v4l2_file_operations: "mmap",
};

/** Mappings of one buffer over the VMA's whole length, where no function on the way tests the length or the offset. */
export function uncheckedRanges(facts: Facts): readonly UncheckedRange[] {
  if (!mappers.some((name) => facts.callsTo(name).length > 0)) return [];
  const found: UncheckedRange[] = [];
  for (const mapping of userMappings(facts)) {
    const { function: owner, statement } = mapping;
    if (statement.kind !== "call" || !mappers.some((name) => mapping.name === `${name}()`)) continue;
    const size = statement.arguments[3];
    if (!size || !isLength(size, lengthVariables(owner))) continue;
    const way = wayFromOps(facts, owner);
    if (!way || way.some((one) => mayCheck(facts, one))) continue;
    const [verdict] = forbiddenOrigins(mapping.value, isBuffer);
    if (verdict) found.push({ mapping, size, origin: verdict.origin });
  }
  return found;
}

function isBuffer({ birth, kind }: Origin): boolean {
  return birth !== undefined && /^(linear|coherent|coherent-wc|noncoherent|sram|vmalloc|dma-.*|phys)$/.test(kind);
}

/** The function and those above it, up to the operation; undefined where it is reached in any other way. */
function wayFromOps(facts: Facts, owner: ProgramFunction): readonly ProgramFunction[] | undefined {
  const way: ProgramFunction[] = [owner];
  let open = false;
  for (let at = 0; at < way.length && at < 8; at++) {
    const one = way[at];
    if (!one) break;
    const callers = facts.unit.callersOf(one);
    for (const { caller } of callers) if (!way.includes(caller)) way.push(caller);
    const entries = facts.unit.opsTables.flatMap((table) =>
      table.entries
        .filter((entry) => entry.value === one.name && facts.unit.functionNamed(entry.value, table.file) === one)
        .map((entry) => openOps[table.record ?? ""] === entry.field),
    );
    if (entries.includes(false)) return undefined;
    if (entries.length > 0) open = true;
    else if (callers.length === 0) return undefined;
  }
  return open && way.length <= 8 ? way : undefined;
}

/** Whether the function tests anything that it made of the VMA, or hands it to a function that may. */
function mayCheck(facts: Facts, owner: ProgramFunction): boolean {
  const derived = new Set<number>(
    owner.parameters.filter((id) => {
      const type = owner.variables[id]?.type;
      return type?.kind === "integer" || (type?.kind === "pointer" && isRecord(type.target, "vm_area_struct"));
    }),
  );
  const asked = (place: Place): boolean =>
    /^vm_(start|end|pgoff)$/.test(fieldOf(place) ?? "") ||
    (place.root.kind === "variable" && place.steps.length === 0 && derived.has(place.root.id));
  const mentions = (one: Expression): boolean => readsOf(one).some(asked);
  for (let round = 0; round < 3; round++)
    for (const statement of statementsOf(owner)) {
      const target =
        statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
      const from =
        statement.kind === "assign" ? [statement.value] : statement.kind === "call" ? statement.arguments : [];
      if (target?.root.kind === "variable" && target.steps.length === 0 && from.some(mentions) && !isOutcome(statement))
        derived.add(target.root.id);
    }
  const tested = owner.blocks.some(
    ({ terminator }) => expressionsOfTerminator(terminator).some(mentions) && terminator.kind !== "return",
  );
  if (tested) return true;
  return statementsOf(owner).some((statement) => {
    if (statement.kind !== "call" || facts.apiOf(owner, statement) || !statement.arguments.some(mentions)) return false;
    if (statement.callee.kind !== "direct") return true;
    const { name } = statement.callee;
    if (isMessage(name) || harmless.test(name)) return false;
    const callee = facts.unit.functionNamed(name, owner.file);
    // A function of the driver is looked into one level deep; anybody else may test.
    return (
      !callee || callee.blocks.some(({ terminator }) => terminator.kind === "branch" || terminator.kind === "switch")
    );
  });
}

/** The result of a mapping call says whether it worked, not what was asked for. */
function isOutcome(statement: Statement): boolean {
  if (statement.kind !== "call" || statement.callee.kind !== "direct") return false;
  return /remap_pfn_range$|^vm_flags_/.test(statement.callee.name);
}

function isRecord(type: Type, name: string): boolean {
  return type.kind === "record" && type.name === name;
}

const harmless =
  /remap_pfn_range$|^vm_flags_|^pgprot_|^dynamic_|^phys_mem_access_prot$|^vma_pages$|^vm_get_page_prot$|^fb_pgprotect$/;

// ---------------------------------------------------------------- cookies in vm_pgoff

export interface CookieMapping {
  readonly call: ApiCall;
  readonly vma: Expression;
  /** "2", or the constant's name. */
  readonly cookie: string;
}

const ownTest = new Set([
  "dma_mmap_coherent",
  "dma_mmap_attrs",
  "dma_mmap_wc",
  "dma_mmap_writecombine",
  "dma_mmap_pages",
  "dma_mmap_noncontiguous",
]);

/** Calls that take vm_pgoff for an offset into the buffer, behind a test that it is a certain number other than 0. */
export function cookieMappings(facts: Facts): readonly CookieMapping[] {
  const found: CookieMapping[] = [];
  for (const call of facts.callsWith("map-user")) {
    const vma = ownTest.has(call.name) ? call.argument("vma") : undefined;
    if (!vma) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, vma);
    const cookies = value.contexts.map(({ guards }) => guards.flatMap((guard) => cookieOf(call.function, guard))[0]);
    const [cookie] = cookies;
    if (cookie === undefined || cookies.includes(undefined)) continue;
    const setters = workingsOf(facts).index.storesTo("vm_area_struct.vm_pgoff");
    // Of the function's own stores those count that can come before the call.
    const mayClear = ({ function: owner, statement }: (typeof setters)[number]): boolean =>
      owner === call.function
        ? flowOf(owner).follows(statement.id, call.statement.id)
        : owner.file === call.function.file;
    if (setters.some(mayClear)) continue;
    found.push({ call, vma, cookie });
  }
  return found;
}

function cookieOf(owner: ProgramFunction, { key, outcome }: Guard): readonly string[] {
  if (key !== "field:vm_area_struct.vm_pgoff" || !outcome.startsWith("== ")) return [];
  const text = outcome.slice(3);
  if (/^\d+$/.test(text)) return text === "0" ? [] : [text];
  const named: bigint[] = [];
  for (const { terminator } of owner.blocks) {
    const tested =
      terminator.kind === "switch" ? terminator.cases.map((one) => one.low) : expressionsOfTerminator(terminator);
    for (const one of tested)
      walkExpression(one, (part) => {
        if (part.kind === "constant" && part.name === text) named.push(part.value);
      });
  }
  return named.some((value) => value !== 0n) ? [text] : [];
}
