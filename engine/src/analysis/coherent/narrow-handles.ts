/**
 * DMA addresses that are kept or given away in 32 bits while the driver has said that its device reaches more: what the allocator or the
 * map returns then may lie above, and the upper half is lost (Documentation/core-api/dma-api-howto.rst:103-109, linux 6.12.117).
 * A device without a wider mask has 32 bits from the start, and 32 bits are enough for its addresses.
 */
import type { ApiFunction } from "../../kernel/contract.ts";
import type {
  Block,
  BlockId,
  CallStatement,
  Expression,
  Place,
  ProgramFunction,
  Statement,
} from "../../program/program.ts";
import {
  directName,
  expressionsOf,
  expressionsOfTerminator,
  isTemporary,
  walkExpression,
} from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { flowOf } from "../flow/flow.ts";
import { areOneDriver } from "../flow/one-driver.ts";
import { maskOf } from "../streaming/mask-fallbacks.ts";
import { workingsOf } from "../unit-facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { birthKey, forbiddenOrigins } from "../values/judgement.ts";
import { type KnownMap, knownMap } from "../../program/dependencies.ts";
import { peel } from "../values/local-evaluation.ts";
import { isDmaHandle } from "./coherent-uses.ts";

export interface NarrowHandle {
  readonly function: ProgramFunction;
  readonly statement: Statement;
  readonly span: FileSpan;
  /** The DMA address, as the source calls it there. */
  readonly name: string;
  /** Where it goes: "desc->addr", "writel()". */
  readonly sink: string;
  /** Where the address was made; undefined for sg_dma_address(). */
  readonly origin: Origin | undefined;
  /** The call that allows more than 32 bits, and how many. */
  readonly mask: ApiCall;
  readonly bits: number;
}

/** Calls that take 32 bits of their first argument. */
const narrowCalls =
  /^(cpu_to_[lb]e32|writel(_relaxed)?|__raw_writel|iowrite32(be)?|__cpu_to_[lb]e32|put_unaligned_[lb]e32|outl)$/;

/** Each address once for each function that cuts it: at the first place, in the order of the source. */
export function narrowHandles(facts: Facts): readonly NarrowHandle[] {
  if (wideMasks(facts).length === 0) return [];
  const all = known.get(facts) ?? knownMap<ProgramFunction, readonly NarrowHandle[]>();
  known.set(facts, all);
  return functionsWithHandles(facts).flatMap((owner) => {
    let found = all.get(owner);
    if (found === undefined) {
      found = narrowIn(facts, owner, masksFor(facts, owner.file));
      all.set(owner, found);
    }
    return found;
  });
}

/** Whether the file of a mask's call takes 32 bits of a coherent address: it counts on low memory, whatever its streaming mask. */
export function cutsCoherent(facts: Facts, mask: ApiCall): boolean {
  const masks = { streaming: undefined, coherent: mask };
  const { file } = mask.function;
  return functionsWithHandles(facts).some((one) => one.file === file && narrowIn(facts, one, masks).length > 0);
}

/** By function: an edit asks again only those that read what it changed. */
const known = new WeakMap<Facts, KnownMap<ProgramFunction, readonly NarrowHandle[]>>();

function wideMasks(facts: Facts): readonly ApiCall[] {
  return facts.callsWith("set-mask").filter((call) => bitsOf(call) > 32);
}

/** What holds for streaming mappings, and what for coherent memory. */
type Masks = Readonly<Record<"streaming" | "coherent", ApiCall | undefined>>;

function masksFor(facts: Facts, file: string): Masks {
  return { streaming: maskFor(facts, file, false), coherent: maskFor(facts, file, true) };
}

function narrowIn(facts: Facts, owner: ProgramFunction, masks: Masks): readonly NarrowHandle[] {
  if (!masks.streaming && !masks.coherent) return [];
  const found: NarrowHandle[] = [];
  const told = new Set<string>();
  for (const block of owner.blocks)
    for (const statement of block.statements)
      for (const sink of [undefined, ...sinksOf(facts, owner, statement)]) {
        const one = sink
          ? narrowAt(facts, owner, statement, sink, masks)
          : narrowResult(facts, owner, statement, masks.streaming);
        if (!one || told.has(one.name)) continue;
        told.add(one.name);
        found.push(one);
      }
  return found;
}

/** A call that makes a DMA address, and whose result lands in 32 bits at once: no upper half is left to take. */
function narrowResult(
  facts: Facts,
  owner: ProgramFunction,
  statement: Statement,
  mask: ApiCall | undefined,
): NarrowHandle | undefined {
  if (!mask || statement.kind !== "call" || !statement.result || !isNarrow(statement.result)) return undefined;
  const { callee, result, calleeSpan } = statement;
  const api = callee.kind === "direct" ? facts.apiOf(owner, statement) : undefined;
  if (callee.kind !== "direct" || !api || isTemporary(owner, result)) return undefined;
  if (callee.name !== "sg_dma_address" && !(api.effect === "map-streaming" && api.handle === "dma-streaming"))
    return undefined;
  const [first] = statement.arguments;
  const name =
    callee.name === "sg_dma_address" && first ? `sg_dma_address(${facts.textOf(owner, first)})` : `${callee.name}()`;
  const sink = facts.textOfPlace(owner, result);
  return { function: owner, statement, span: calleeSpan, name, sink, origin: undefined, mask, bits: bitsOf(mask) };
}

interface Sink {
  readonly value: Expression;
  readonly span: FileSpan;
  readonly name: string;
}

/** Places of a statement where 32 bits are taken of a value. */
function sinksOf(facts: Facts, owner: ProgramFunction, statement: Statement): readonly Sink[] {
  if (statement.kind === "assign") {
    const { target, value } = statement;
    if (!isNarrow(target)) return [];
    return [{ value, span: statement, name: facts.textOfPlace(owner, target) }];
  }
  if (statement.kind !== "call" || statement.callee.kind !== "direct") return [];
  const { name } = statement.callee;
  const [first] = statement.arguments;
  if (first && narrowCalls.test(name) && !facts.unit.functionNamed(name, owner.file)) {
    const target = statement.result;
    const kept = target && !isTemporary(owner, target) ? facts.textOfPlace(owner, target) : `${name}()`;
    return [{ value: first, span: statement.calleeSpan, name: kept }];
  }
  const target = facts.unit.functionNamed(name, owner.file);
  if (!target) return [];
  return statement.arguments.flatMap((value, at) => {
    const type = target.variables[target.parameters[at] ?? -1]?.type;
    return type?.kind === "integer" && type.bits === 32
      ? [{ value, span: statement.calleeSpan, name: `${name}()` }]
      : [];
  });
}

function isNarrow({ type }: Place): boolean {
  return type.kind === "integer" && type.bits === 32;
}

function narrowAt(
  facts: Facts,
  owner: ProgramFunction,
  statement: Statement,
  { value, span, name: sink }: Sink,
  masks: Masks,
): NarrowHandle | undefined {
  const held = handleIn(value, 0);
  if (!held) return undefined;
  const { place, shift } = held;
  const expression: Expression = { kind: "read", place, file: place.file, start: place.start, end: place.end };
  const made = madeBy(facts, owner, statement, expression);
  if (!made) return undefined;
  const mask = made.coherent ? masks.coherent : masks.streaming;
  const birth = made.origin && birthKey(made.origin);
  if (!mask || bitsOf(mask) - shift <= 32 || takesUpperHalf(facts, owner, place, birth)) return undefined;
  const name = made.text ?? facts.textOf(owner, expression);
  return { function: owner, statement, span, name, sink, origin: made.origin, mask, bits: bitsOf(mask) };
}

/** The DMA address that a value is or contains, and by how many bits it was shifted down; undefined for parts of one. */
function handleIn(value: Expression, shift: number): { readonly place: Place; readonly shift: number } | undefined {
  const one = peel(value);
  if (one.kind === "read") {
    const { type } = one.place;
    return type.kind === "integer" && type.bits === "dma" ? { place: one.place, shift } : undefined;
  }
  if (one.kind !== "binary") return undefined;
  if (one.operator === "+" || one.operator === "|")
    return handleIn(one.left, shift) ?? (one.operator === "+" ? handleIn(one.right, shift) : undefined);
  if (one.operator === ">>" && one.right.kind === "constant")
    return handleIn(one.left, shift + Number(one.right.value));
  return undefined;
}

/** What made the address: a call of the DMA API for certain, or an entry of a mapped list. */
function madeBy(
  facts: Facts,
  owner: ProgramFunction,
  statement: Statement,
  handle: Expression,
): { readonly coherent: boolean; readonly origin: Origin | undefined; readonly text?: string } | undefined {
  const values = workingsOf(facts).provenance.localValues(owner).valueAt(statement.id, handle);
  const [only] = values;
  if (only && values.length === 1 && only.symbol.kind === "result") {
    const { call } = only.symbol;
    if (call.callee.kind === "direct" && call.callee.name === "sg_dma_address" && facts.apiOf(owner, call)) {
      const entry = call.arguments[0];
      return {
        coherent: false,
        origin: undefined,
        text: entry ? `sg_dma_address(${facts.textOf(owner, entry)})` : "the address",
      };
    }
  }
  const value = facts.valueOf({ function: owner, statement: statement.id }, handle);
  const [verdict] = forbiddenOrigins(value, isHandle);
  if (!verdict) return undefined;
  return { coherent: /^dma-(coherent|pool)$/.test(verdict.origin.kind), origin: verdict.origin };
}

function isHandle(origin: Origin): boolean {
  return isDmaHandle(origin) && origin.conversions.every((one) => one === "offset" || one === "arithmetic");
}

/**
 * Whether the function takes the upper half of the same address, or its file that of the same field or of anything of the same
 * allocation: what lies in one block has one upper half.
 */
function takesUpperHalf(facts: Facts, owner: ProgramFunction, place: Place, birth: string | undefined): boolean {
  const key = fieldKey(place.steps);
  const text = facts.textOfPlace(owner, place);
  for (const one of facts.unit.functions) {
    if (one.file !== owner.file) continue;
    for (const { statement, block, held } of upperHalves(one)) {
      if (one === owner && facts.textOfPlace(one, held) === text) return true;
      if (key !== undefined && fieldKey(held.steps) === key) return true;
      if (birth === undefined) continue;
      const { file, start, end } = held;
      const point = statement < 0 ? { function: one, statement, block } : { function: one, statement };
      const value = facts.valueOf(point, { kind: "read", place: held, file, start, end });
      if (value.contexts.some(({ origins }) => origins.some((origin) => birthKey(origin) === birth))) return true;
    }
  }
  return false;
}

interface UpperHalf {
  readonly statement: Statement["id"];
  readonly block: BlockId;
  /** The whole address. */
  readonly held: Place;
}

const halves = new WeakMap<readonly Block[], readonly UpperHalf[]>();

/** DMA addresses of which a function takes an upper part: `x >> 32`, `(x >> 12) & 0x3ff00000`, upper_32_bits(x), or all 64 bits. */
function upperHalves(owner: ProgramFunction): readonly UpperHalf[] {
  const known = halves.get(owner.blocks);
  if (known) return known;
  const found: UpperHalf[] = [];
  for (const block of owner.blocks) {
    const add = (statement: Statement["id"], held: ReturnType<typeof handleIn>): void => {
      if (held) found.push({ statement, block: block.id, held: held.place });
    };
    const look = (statement: Statement["id"], expression: Expression): void => {
      walkExpression(expression, (part) => {
        const held = part.kind === "binary" && part.operator === ">>" ? handleIn(part, 0) : undefined;
        if (held && held.shift >= 8) add(statement, held);
      });
    };
    for (const statement of block.statements) {
      for (const expression of expressionsOf(statement)) look(statement.id, expression);
      if (statement.kind === "assign" && isWide(statement.target)) add(statement.id, handleIn(statement.value, 0));
      if (statement.kind !== "call" || statement.callee.kind !== "direct") continue;
      const [first] = statement.arguments;
      if (first && wideCalls.test(statement.callee.name)) add(statement.id, handleIn(first, 0));
    }
    for (const expression of expressionsOfTerminator(block.terminator)) look(-1, expression);
  }
  halves.set(owner.blocks, found);
  return found;
}

/** Calls that take more than the lower half of their first argument. */
const wideCalls =
  /^(upper_32_bits|cpu_to_[lb]e64|writeq|lo_hi_writeq|hi_lo_writeq|put_unaligned_[lb]e64|iowrite64\w*)$/;

/** A field of 64 bits in a record: a descriptor that has room for all of the address. */
function isWide({ type, steps }: Place): boolean {
  return type.kind === "integer" && type.bits === 64 && fieldKey(steps) !== undefined;
}

/**
 * The mask that holds in a file: the widest that probe() sets there whatever the device is, or in a file that shares a header of the
 * driver's own. None where a mask is computed, or where another function sets one of 32 bits: it may be this device's.
 */
function maskFor(facts: Facts, file: string, coherent: boolean): ApiCall | undefined {
  const speaks = ({ name, function: owner }: ApiCall): boolean =>
    (name.endsWith("_and_coherent") || /coherent|consistent/.test(name) === coherent) &&
    areOneDriver(facts.unit, file, owner.file);
  const candidates = wideMasks(facts).filter((call) => speaks(call) && isAlwaysSet(facts, call));
  const isOther = (call: ApiCall): boolean =>
    bitsOf(call) === 0 || (bitsOf(call) <= 32 && !candidates.some((one) => one.function === call.function));
  // A narrower mask is a second try where the same function tries a wider one first.
  if (facts.callsWith("set-mask").some((call) => speaks(call) && isOther(call))) return undefined;
  return [...candidates].sort((a, b) => bitsOf(b) - bitsOf(a))[0];
}

/** Whether a mask is set for every device that the driver binds to: on the way of probe(), behind nothing but failures. */
function isAlwaysSet(facts: Facts, call: ApiCall): boolean {
  let owners: readonly ProgramFunction[] = [call.function];
  for (let depth = 0; depth < 4 && owners.length > 0; depth++) {
    if (owners.some((owner) => isProbe(facts, owner))) return isUnconditional(call.function, call.statement.id);
    owners = owners.flatMap((owner) => facts.unit.callersOf(owner).map(({ caller }) => caller));
  }
  return false;
}

/** The probe() of a driver's table; a snippet has no tables, and its function says so by its name. */
function isProbe(facts: Facts, owner: ProgramFunction): boolean {
  if (owner.language === "typescript") return owner.name.endsWith("probe");
  return facts.unit.opsTables.some(
    (table) =>
      table.file === owner.file && table.entries.some(({ field, value }) => field === "probe" && value === owner.name),
  );
}

function isUnconditional(owner: ProgramFunction, statement: Statement["id"]): boolean {
  const flow = flowOf(owner);
  const at = flow.locate(statement);
  if (!at) return false;
  return flow.edgesTo(at.block).every(({ from }) => {
    const terminator = owner.blocks[from]?.terminator;
    return (
      terminator?.kind === "iterate" || (terminator?.kind === "branch" && testsFailure(owner, terminator.condition))
    );
  });
}

/** Whether a condition asks whether something failed: a pointer, a result. What kind of device it is stands in fields and flags. */
function testsFailure(owner: ProgramFunction, condition: Expression): boolean {
  const one = peel(condition);
  if (one.kind === "unary") return testsFailure(owner, one.operand);
  if (one.kind === "binary") {
    if (one.operator === "&" || one.operator === "|") return false;
    return testsFailure(owner, one.left) && (one.right.kind !== "read" || testsFailure(owner, one.right));
  }
  if (one.kind === "constant" || one.kind === "sizeof") return true;
  if (one.kind !== "read") return false;
  const { type, root, steps } = one.place;
  if (type.kind === "pointer") return true;
  if (root.kind !== "variable" || steps.length > 0 || owner.parameters.includes(root.id)) return false;
  const call = owner.blocks
    .flatMap((block) => block.statements)
    .find((each) => each.kind === "call" && each.result?.root.kind === "variable" && each.result.root.id === root.id);
  const name = call?.kind === "call" ? directName(call) : "";
  return (
    call !== undefined &&
    !/^(of_(device|property|machine)|device_(property|is)|acpi_|soc_device)|_(is|has)_|^(is|has)_/.test(name)
  );
}

/** Bits of the mask that a call sets; 0 where it is not a constant. */
function bitsOf(call: ApiCall): number {
  const mask = maskOf(call);
  return mask === undefined ? 0 : mask.toString(2).length;
}

/** Functions that make, keep or get a DMA address: others have none to cut. */
function functionsWithHandles(facts: Facts): readonly ProgramFunction[] {
  const births: readonly { readonly function: ProgramFunction; readonly statement: CallStatement }[] = [
    ...facts.callsOf(makesHandle),
    ...facts.callsTo("sg_dma_address"),
  ];
  const owners = new Set(births.map((call) => call.function));
  for (const { statement, function: owner } of births) {
    const places = [
      statement.result,
      ...statement.arguments.map((one) => (one.kind === "address" ? one.place : undefined)),
    ];
    for (const place of places) {
      const last = place?.steps.findLast((step) => step.kind === "field");
      if (last?.kind === "field") for (const one of facts.unit.functionsMentioning(last.name)) owners.add(one);
    }
    // What is handed down.
    for (const { target } of facts.unit.calleesOf(owner))
      if (target.parameters.some((id) => isDma(target.variables[id]?.type))) owners.add(target);
  }
  return facts.unit.functions.filter((one) => owners.has(one));
}

function makesHandle({ handle }: ApiFunction): boolean {
  return handle !== undefined && handle.startsWith("dma-");
}

function isDma(type: Place["type"] | undefined): boolean {
  return type?.kind === "integer" && type.bits === "dma";
}
