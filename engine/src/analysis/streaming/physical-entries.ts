/**
 * Physical addresses of scatterlist entries, sg_phys() and page_to_phys(sg_page()), that a device is given. The device's address of an
 * entry is sg_dma_address(), which mapping sets (include/linux/scatterlist.h:24-36, linux 6.12.117).
 */
import type { CallStatement, Expression, ProgramFunction, Statement } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import { isTranslator, sinksOf } from "../coherent/device-addresses.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { contradict, guardsOf } from "../flow/guards.ts";
import { workingsOf } from "../unit-facts.ts";
import { isGuarded } from "../values/judgement.ts";
import type { Alternative } from "../values/symbols.ts";
import { listNames } from "./scatter-lists.ts";

export interface PhysicalEntry {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  readonly span: FileSpan;
  /** Where it goes: "a register, by writel()". */
  readonly sink: string;
  /** The call that took the physical address, and its function. */
  readonly taken: { readonly function: ProgramFunction; readonly statement: CallStatement };
  /** The entry, as that function calls it. */
  readonly entry: string;
  /** How the address was spelled: "sg_phys(sg)". */
  readonly text: string;
  /** The mapping of the list, where it is in the unit. */
  readonly map: ApiCall | undefined;
}

/** Each address once for each function that gives it away: at the first place, in the order of the source. */
export function physicalEntries(facts: Facts): readonly PhysicalEntry[] {
  const takers = takersOf(facts);
  if (takers.size === 0 || isTranslator(facts)) return [];
  const found: PhysicalEntry[] = [];
  for (const owner of takers) {
    const told = new Set<string>();
    for (const block of owner.blocks)
      for (const statement of block.statements)
        for (const one of sinksAt(facts, owner, statement)) {
          const key = `${one.taken.statement.start}:${one.entry}`;
          if (told.has(key) || isChosen(facts, owner, statement)) continue;
          told.add(key);
          found.push(one);
        }
  }
  return found;
}

/** Functions that take an entry's physical address, and their direct callers, which may get it back. */
function takersOf(facts: Facts): ReadonlySet<ProgramFunction> {
  const direct = new Set(facts.callsTo("sg_phys").map((call) => call.function));
  if (facts.callsTo("sg_page").length > 0)
    for (const { function: owner } of facts.callsTo("page_to_phys"))
      if (facts.callsTo("sg_page").some((call) => call.function === owner)) direct.add(owner);
  const all = new Set(direct);
  for (const owner of direct) for (const { caller } of facts.unit.callersOf(owner)) all.add(caller);
  return all;
}

function sinksAt(facts: Facts, owner: ProgramFunction, statement: Statement): readonly PhysicalEntry[] {
  const found: PhysicalEntry[] = [];
  for (const { value, span, sink, holds, converted } of sinksOf(facts, owner, statement)) {
    const target =
      statement.kind === "call" ? statement.result : statement.kind === "assign" ? statement.target : undefined;
    // What a local holds is judged where it goes on to.
    const isLocal = sink.startsWith("the dma_addr_t") && target?.root.kind === "variable" && target.steps.length === 0;
    if (isLocal || converted === true) continue;
    const taken = entryIn(facts, owner, statement, value);
    if (taken && (holds === undefined || holds())) found.push({ ...taken, function: owner, statement, span, sink });
  }
  if (statement.kind !== "call" || statement.callee.kind !== "direct" || found.length > 0) return found;
  const { name } = statement.callee;
  if (harmless.test(name) || facts.apiOf(owner, statement)) return found;
  // Nothing in the unit tells what a function of elsewhere wants: but where the list is mapped, its addresses are known and unused.
  if (facts.unit.functionNamed(name, owner.file)) return found;
  for (const argument of statement.arguments) {
    const taken = entryIn(facts, owner, statement, argument);
    if (taken?.map) found.push({ ...taken, function: owner, statement, span: statement.calleeSpan, sink: `${name}()` });
  }
  return found;
}

/** Messages, comparisons, tables of an IOMMU, and firmware that wants physical addresses. */
const harmless =
  /print|^(pr|dev|netdev|ib|drm|snd)_(dbg|debug|info|warn|err)|debug|dbg|trace_|iommu|^(min|max|ALIGN|IS_ALIGNED|WARN|BUG|PFN|PHYS|phys_|pfn_|page_|virt_|__phys|__va|hyp|smc|arm_smccc|qcom_scm|zynqmp|opal_|plpar|HYPERVISOR|xen_|rmi_|ioremap|memremap)|_scm_|hcall/;

type Taken = Pick<PhysicalEntry, "taken" | "entry" | "text" | "map">;

/** The entry whose physical address a value is, whatever way it came. */
function entryIn(facts: Facts, owner: ProgramFunction, statement: Statement, value: Expression): Taken | undefined {
  if (value.kind === "constant" || value.kind === "string" || value.kind === "symbol") return undefined;
  const values = workingsOf(facts).provenance.localValues(owner).valueAt(statement.id, value);
  const known = values
    .flatMap(beforeMessages)
    .filter(({ symbol }) => symbol.kind !== "null" && symbol.kind !== "number");
  const [first] = known;
  if (!first) return undefined;
  const taken = takenBy(facts, owner, first, 0);
  return taken && known.every((one) => takenBy(facts, owner, one, 0) !== undefined) ? taken : undefined;
}

/** A message that prints the address by a pointer to it, with `%pad`, does not change it. */
function beforeMessages(one: Alternative): readonly Alternative[] {
  const { symbol } = one;
  if (symbol.kind !== "after" || symbol.call.callee.kind !== "direct") return [one];
  return harmless.test(symbol.call.callee.name) ? symbol.before : [one];
}

function takenBy(
  facts: Facts,
  owner: ProgramFunction,
  { symbol, conversions }: Alternative,
  depth: number,
): Taken | undefined {
  if (symbol.kind !== "result") return undefined;
  const { call } = symbol;
  const { callee } = call;
  if (callee.kind !== "direct") return undefined;
  const moved = conversions.filter((one) => one !== "offset" && one !== "arithmetic");
  if (callee.name === "sg_phys" || callee.name === "sg_page") {
    const pointer = call.arguments[0];
    if (!pointer || !facts.apiOf(owner, call)) return undefined;
    if (callee.name === "sg_phys" ? moved.length > 0 : moved.join() !== "phys") return undefined;
    const entry = facts.textOf(owner, pointer);
    const names = listNames(facts, owner, call, pointer);
    // A field of the kernel's structs has another use in each file.
    const map = facts.callsWith("map-sg").find((one) => {
      if (one.function.file !== owner.file) return false;
      const list = one.argument("sg") ?? one.argument("sgt");
      return list && [...listNames(facts, one.function, one.statement, list)].some((name) => names.has(name));
    });
    const text = callee.name === "sg_phys" ? `sg_phys(${entry})` : `page_to_phys(sg_page(${entry}))`;
    return { taken: { function: owner, statement: call }, entry, text, map };
  }
  const target = depth < 2 && moved.length === 0 ? facts.unit.functionNamed(callee.name, owner.file) : undefined;
  if (!target) return undefined;
  const returned = workingsOf(facts)
    .provenance.localValues(target)
    .returns()
    .flatMap(({ value }) => value ?? [])
    .filter((one) => one.symbol.kind !== "null" && one.symbol.kind !== "number");
  const [first] = returned;
  const taken = first && takenBy(facts, target, first, depth + 1);
  return taken && returned.every((one) => takenBy(facts, target, one, depth + 1)) ? taken : undefined;
}

/** Whether the function gives a DMA address on another way: then a flag says which of the two the device wants. */
function isChosen(facts: Facts, owner: ProgramFunction, statement: Statement): boolean {
  const values = workingsOf(facts).provenance.localValues(owner);
  const flow = flowOf(owner);
  const here = flow.locate(statement.id);
  if (!here) return true;
  const guards = guardsOf(values, here.block);
  if (isGuarded(guards)) return true;
  if (guards.length === 0) return false;
  const others = [...facts.callsTo("sg_dma_address"), ...facts.callsWith("map-streaming")].filter(
    (call) => call.function === owner,
  );
  return others.some((call) => {
    const there = flow.locate(call.statement.id);
    return there !== undefined && contradict(guards, guardsOf(values, there.block));
  });
}
