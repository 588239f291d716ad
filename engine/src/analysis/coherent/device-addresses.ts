/**
 * Addresses that take the wrong way between the CPU's world and the device's: physical or bus addresses, computed with linear-map
 * arithmetic, that a device is given; and DMA addresses that are turned back into CPU addresses with that arithmetic.
 * A device sees DMA addresses, which only the DMA API makes (Documentation/core-api/dma-api-howto.rst:30-48, 6.12.117).
 */
import type { CallStatement, Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { directName, typeOf } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import { apiConversion, passesThrough } from "../values/api-effects.ts";
import { isCoherentMemory, isDmaHandle, isPointer } from "./coherent-uses.ts";
import { handedBack, writesToRegister } from "./handles-in-use.ts";
import { coherentRecordOf } from "../device/device-records.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import { forbiddenOrigins, type Verdict } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";

/** A physical address where a DMA address belongs. */
export interface PhysicalForDevice extends Verdict {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  readonly span: FileSpan;
  /** What the source calls the memory; empty where it has no name. */
  readonly name: string;
  /** Where it goes: "dma_addr_t rx->dma", "writel()", "coherent memory". */
  readonly sink: string;
}

/** A DMA address that is turned into a CPU address or a page. */
export interface HandleAsAddress {
  readonly call: ApiCall;
  readonly subject: Expression;
  /** Where the handle was made, when the unit tells; its declared type or its use says that it is one where it does not. */
  readonly verdict: Verdict | undefined;
  /** The call that takes the same value for a DMA address. */
  readonly usedBy: ApiCall | undefined;
}

/** Drivers that are the translation: what they write to memory and registers are physical addresses by right. */
const translators = new Set([
  "iommu_ops",
  "iommu_domain_ops",
  "dma_map_ops",
  "iommu_flush_ops",
  "agp_bridge_driver", // a GART's table holds physical addresses, include/linux/agp_backend.h
  "pci_ops", // a host bridge is told where the CPU's memory lies, and what it takes for a message-signalled interrupt
  "riscv_nonstd_cache_ops", // a cache controller is told physical addresses, arch/riscv/include/asm/dma-noncoherent.h
]);

export function isTranslator(facts: Facts): boolean {
  return facts.unit.opsTables.some(({ record }) => record !== undefined && translators.has(record));
}

/** A driver that hands out device addresses of its own (include/linux/iova.h): the page tables of its MMU hold physical addresses. */
function hasAddressSpace(facts: Facts): boolean {
  return ["init_iova_domain", "alloc_iova", "alloc_iova_fast"].some((name) => facts.callsTo(name).length > 0);
}

/** One for each computed address and function: the first place, in the order of the source, where it goes to a device. */
export function physicalForDevices(facts: Facts): readonly PhysicalForDevice[] {
  const conversions = facts.callsWith("virt-to-phys", "page-to-phys");
  if (conversions.length === 0 || isTranslator(facts) || hasAddressSpace(facts)) return [];
  const found: PhysicalForDevice[] = [];
  for (const owner of functionsWithAddresses(facts, conversions)) {
    const told = new Set<string>();
    for (const block of owner.blocks)
      for (const statement of block.statements)
        for (const { value, span, sink, converted, handle, here, holds } of sinksOf(facts, owner, statement)) {
          // A field that is declared as a DMA address is wrong where the address was put there.
          if (!converted && (!mayBeComputed(value) || isHeldHandle(value))) continue;
          const verdict = (converted ? [value] : withTerms(value))
            .flatMap((one) => {
              const values = facts.valueOf({ function: owner, statement: statement.id }, one);
              return forbiddenOrigins(values, converted ? isMappable : here ? isArithmetic : isPhysical);
            })
            .find(({ origin }) => !told.has(addressKey(origin)) && (here !== true || isComputedIn(owner, origin)));
          if (handle && verdict && isOtherwiseMapped(facts, owner, statement, handle)) continue;
          if (verdict && (holds === undefined || holds())) {
            told.add(addressKey(verdict.origin));
            const name = converted ? facts.textOf(owner, value) : verdict.origin.name;
            found.push({ ...verdict, function: owner, statement, span, name, sink });
          }
        }
  }
  return found;
}

export function handlesAsAddresses(facts: Facts): readonly HandleAsAddress[] {
  const found: HandleAsAddress[] = [];
  if (isTranslator(facts)) return found;
  for (const call of facts.callsWith("phys-to-virt", "pfn-to-page")) {
    const at = apiConversion(call.api)?.argument ?? 0;
    const subject = call.statement.arguments[at];
    if (!subject) continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, subject);
    const made = forbiddenOrigins(value, (origin) => isDmaHandle(origin) && !origin.conversions.includes("frame"))[0];
    const origins = value.contexts.flatMap((context) => context.origins);
    // A dma_addr_t that holds a physical address is wrong where that was put there, and right here.
    const elsewhere = origins.some(({ conversions }) => /phys|bus|frame/.test(conversions.join()));
    // A frame number that is kept in a dma_addr_t was never a DMA address.
    const isFrame = call.name.startsWith("pfn_") && peel(subject).kind === "read";
    const isEntry = origins.length > 0 && origins.every(({ name }) => name === "sg_dma_address()");
    const declared = isDeclaredHandle(subject) || isEntry;
    const usedBy =
      made || declared || elsewhere ? undefined : handedBack(facts, call.function, call.statement, subject);
    if (made || usedBy || (declared && !elsewhere && !isFrame)) found.push({ call, subject, verdict: made, usedBy });
  }
  return found;
}

/** The value and, of a sum, both terms: what is added to an address is an offset, whatever it comes from. */
function withTerms(value: Expression): readonly Expression[] {
  const one = peel(value);
  return one.kind === "binary" && one.operator === "+" ? [value, one.left, one.right] : [value];
}

/** The address of memory, by linear-map arithmetic and not made anything else of since. */
function isPhysical(origin: Origin): boolean {
  return isArithmetic(origin) && isMappable(origin);
}
function isArithmetic(origin: Origin): boolean {
  const at = origin.conversions.findLastIndex((one) => one === "phys" || one === "bus");
  if (at < 0 || origin.conversions.slice(at + 1).some((one) => one === "virt" || one === "vmap" || one === "page"))
    return false;
  return origin.kind !== "function" && origin.kind !== "null";
}

/**
 * Memory that a device could be given. Coherent memory has a finding of its own; code, registers and constants are not for DMA. What an
 * allocator gave that nobody knows may be memory that the DMA API does not know: the device's own, or memory of the early boot.
 */
function isMappable(origin: Origin): boolean {
  // The page of a scatterlist entry is dma/sg-phys-or-page-for-hw's: whoever fills the list knows what it is.
  if (origin.kind === "unknown" && /alloc\w*\(\)$|^sg_page\(\)$/.test(origin.name)) return false;
  return !isCoherentMemory(origin) && !/^(function|string|number|null|iomem|sram|phys)$/.test(origin.kind);
}

/**
 * Whether another arm of the same decision takes the address from the DMA API: who asks which addresses a device sees knows that these
 * are physical, as virtio does (drivers/virtio/virtio_ring.c: vring_alloc_queue(), linux 6.12.117).
 */
function isOtherwiseMapped(facts: Facts, owner: ProgramFunction, statement: Statement, target: Place): boolean {
  const flow = flowOf(owner);
  const here = flow.locate(statement.id)?.block;
  const name = facts.textOfPlace(owner, target);
  return (
    here !== undefined &&
    facts.callsWith("allocate", "map-streaming").some(({ function: other, statement: call, api }) => {
      const block = other === owner ? flow.locate(call.id)?.block : undefined;
      if (block === undefined || block === here || flow.reaches(block, here) || flow.reaches(here, block)) return false;
      const out = call.arguments[api.parameters.findIndex(({ role }) => role === "handle-out")];
      const given = api.effect === "map-streaming" ? call.result : pointedAt(out);
      return given !== undefined && facts.textOfPlace(owner, given) === name;
    })
  );
}

/** The storage that an out-parameter fills: `&x`, or what a pointer of the caller's points to. */
function pointedAt(out: Expression | undefined): Place | undefined {
  const one = out && peel(out);
  if (one?.kind === "address") return one.place;
  if (one?.kind !== "read") return undefined;
  return { ...one.place, steps: [...one.place.steps, { kind: "deref" }], type: { kind: "unknown" } };
}

function isComputedIn(owner: ProgramFunction, { path }: Origin): boolean {
  return path.at(-1)?.function === owner.name;
}

function addressKey(origin: Origin): string {
  const step = origin.path.at(-1) ?? origin.birth?.statement;
  return `${origin.kind}:${origin.name}:${step?.file ?? ""}:${step?.start ?? ""}`;
}

/** A place where a value goes to a device: a field for DMA addresses, a word of a descriptor, a register, an argument. */
export interface Sink {
  readonly value: Expression;
  readonly span: FileSpan;
  readonly sink: string;
  /** The value is the pointer that the statement itself converts. */
  readonly converted?: boolean;
  /** The dma_addr_t that is stored to. */
  readonly handle?: Place;
  /** Only an address that the same function computes counts. */
  readonly here?: boolean;
  /** Asked last, where it takes long to know whether it is a sink at all. */
  readonly holds?: () => boolean;
}

export function sinksOf(facts: Facts, owner: ProgramFunction, statement: Statement): readonly Sink[] {
  const sinks: Sink[] = [];
  const { target, value, converted } = storeOf(facts, owner, statement);
  if (target && value) {
    const name = facts.textOfPlace(owner, target);
    const common = {
      value,
      converted,
      span: statement.kind === "call" && converted ? statement.calleeSpan : statement,
    };
    if (isDmaType(target.type)) sinks.push({ ...common, sink: `the dma_addr_t ${name}`, handle: target });
    else if (target.type.kind === "integer" && fieldKey(target.steps) !== undefined)
      sinks.push({
        ...common,
        sink: `${name}, which the device reads`,
        holds: () => isDescriptorWord(facts, owner, statement, target),
      });
    else if (target.type.kind === "integer" && target.steps.length > 0)
      sinks.push({
        ...common,
        sink: `${name}, which the device reads`,
        holds: () => isCoherentWord(facts, owner, statement, target),
      });
  }
  if (statement.kind !== "call" || statement.callee.kind !== "direct") return sinks;
  const api = facts.apiOf(owner, statement);
  if (api?.effect === "mmio-write") {
    const at = api.parameters.findIndex(({ role }) => role === "value");
    const written = statement.arguments[at];
    if (written) sinks.push({ value: written, span: statement.calleeSpan, sink: `a register, by ${api.name}()` });
  }
  const parameters = parametersOf(facts, owner, statement);
  statement.arguments.forEach((argument, at) => {
    if (parameters[at] !== true && api === undefined && isNumber(argument))
      sinks.push({
        value: argument,
        span: statement.calleeSpan,
        sink: `a register, by ${directName(statement)}()`,
        holds: () => writesToRegister(facts, owner, statement, at),
      });
    if (parameters[at] === true)
      sinks.push({
        value: argument,
        span: statement.calleeSpan,
        sink: `${directName(statement)}() as a dma_addr_t`,
        // What was handed to the device before is wrong where that was done.
        here: api !== undefined && /^(unmap|sync)/.test(api.effect),
      });
  });
  return sinks;
}

/** Which arguments of a call are DMA addresses by the callee's declaration. */
function parametersOf(facts: Facts, owner: ProgramFunction, call: CallStatement): readonly boolean[] {
  const api = facts.apiOf(owner, call);
  if (api && /^(free|check)/.test(api.effect)) return [];
  if (api)
    return api.parameters.map(({ role, type }) => role === "handle" && type !== undefined && /^dma_addr_t$/.test(type));
  const target = facts.unit.functionNamed(directName(call), owner.file);
  return target?.parameters.map((id) => isDmaType(target.variables[id]?.type)) ?? [];
}

interface StoredValue {
  readonly target?: Place;
  readonly value?: Expression;
  readonly converted: boolean;
}

/** What a statement stores where; a byte-order conversion is looked through. */
function storeOf(facts: Facts, owner: ProgramFunction, statement: Statement): StoredValue {
  if (statement.kind === "assign") return { target: statement.target, value: statement.value, converted: false };
  const nothing = { converted: false };
  if (statement.kind !== "call" || !statement.result || statement.callee.kind !== "direct") return nothing;
  // `handle = virt_to_phys(p)` is a call whose result lands there.
  const api = facts.apiOf(owner, statement);
  const converted = api?.effect === "virt-to-phys" || api?.effect === "page-to-phys";
  const at = converted ? (apiConversion(api)?.argument ?? 0) : passesThrough(statement.callee.name);
  const value = at === undefined ? undefined : statement.arguments[at];
  return value ? { target: statement.result, value, converted } : nothing;
}

/** A field in coherent memory, or one that is given DMA addresses elsewhere. */
function isDescriptorWord(facts: Facts, owner: ProgramFunction, statement: Statement, target: Place): boolean {
  const field = fieldKey(target.steps);
  if (field === undefined || target.type.kind !== "integer") return false;
  return (
    coherentRecordOf(facts, owner, {
      kind: "store",
      statement,
      block: 0,
      place: target,
      span: target,
      field,
      record: "",
    }) !== undefined
  );
}

/** An element of an array of words that is coherent memory: `commands[3] = ...`. */
function isCoherentWord(facts: Facts, owner: ProgramFunction, statement: Statement, target: Place): boolean {
  const at = target.steps.findLastIndex((step) => step.kind === "deref");
  if (at < 0 || !target.steps.slice(at + 1).every((step) => step.kind === "index")) return false;
  const place: Place = { ...target, steps: target.steps.slice(0, at), type: { kind: "unknown" } };
  const { file, start, end } = target;
  const value = facts.valueOf({ function: owner, statement: statement.id }, { kind: "read", place, file, start, end });
  return forbiddenOrigins(value, (origin) => isCoherentMemory(origin) && isPointer(origin)).length > 0;
}

/** What may be an address as a number. */
function isNumber(value: Expression): boolean {
  const { kind } = typeOf(peel(value));
  return mayBeComputed(value) && (kind === "integer" || kind === "unknown");
}

function isDmaType(type: Place["type"] | undefined): boolean {
  return type?.kind === "integer" && type.bits === "dma";
}

/** A value that is declared as a dma_addr_t, whatever casts and shifts are around it. */
function isDeclaredHandle(expression: Expression): boolean {
  let at = peel(expression);
  while (at.kind === "binary" && (at.operator === ">>" || at.operator === "+" || at.operator === "-"))
    at = peel(at.left);
  return at.kind === "read" && isDmaType(typeOf(at));
}

function isHeldHandle(value: Expression): boolean {
  const one = peel(value);
  return one.kind === "read" && one.place.steps.length > 0 && isDmaType(one.place.type);
}

/** Constants are no addresses of memory; asking for their origin would cost time for each register write. */
function mayBeComputed(value: Expression): boolean {
  const one = peel(value);
  return one.kind === "read" || one.kind === "binary";
}

/** Functions that compute a physical address, or read a field or a global that one was stored in. */
function functionsWithAddresses(facts: Facts, conversions: readonly ApiCall[]): ReadonlySet<ProgramFunction> {
  const owners = new Set(conversions.map((call) => call.function));
  const { index } = workingsOf(facts);
  const keys = new Set<string>();
  for (const owner of owners)
    for (const block of owner.blocks)
      for (const statement of block.statements) {
        const target =
          statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
        const key = target && fieldKey(target.steps);
        if (key !== undefined && target?.type.kind === "integer" && index.storesTo(key).length > 0) keys.add(key);
      }
  if (keys.size === 0) return owners;
  const result = new Set(owners);
  const names = [...keys].map((key) => key.slice(key.lastIndexOf(".") + 1).replace(/\*+$/, ""));
  const naming = new Set(names.flatMap((name) => facts.unit.functionsMentioning(name)));
  for (const owner of facts.unit.functions)
    if (naming.has(owner) && !result.has(owner) && readsAny(owner, keys)) result.add(owner);
  return result;
}

function readsAny(owner: ProgramFunction, keys: ReadonlySet<string>): boolean {
  const reads = (expression: Expression): boolean => {
    const one = peel(expression);
    if (one.kind === "binary") return reads(one.left) || reads(one.right);
    if (one.kind !== "read") return false;
    const key = fieldKey(one.place.steps);
    return key !== undefined && keys.has(key);
  };
  return owner.blocks.some((block) =>
    block.statements.some((statement) =>
      statement.kind === "call"
        ? statement.arguments.some(reads)
        : statement.kind === "assign" && reads(statement.value),
    ),
  );
}
