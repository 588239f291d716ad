/**
 * Values that a device wrote into coherent memory and that the driver trusts: as an index, a length or a loop's bound.
 * A device that is broken, or that an attacker has replaced, writes what it likes (SADA, USENIX Security 2021).
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { BlockId, Expression, Place, ProgramFunction, Statement, VariableId } from "../../program/program.ts";
import { readsOf, typeOf } from "../../program/visit.ts";
import type { FileSpan } from "../../text/span.ts";
import { passesThrough } from "../values/api-effects.ts";
import type { FieldAccess } from "./device-order.ts";
import { coherentRecordFinder, hasCoherentMemory, isDeviceWritten } from "./device-records.ts";
import type { Facts } from "../facts.ts";
import { fieldKey, lastFieldIndex } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import type { Verdict } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { runningFunctions } from "./running-device.ts";

/** A load of a field that the device writes. */
export interface DeviceLoad {
  readonly access: FieldAccess;
  /** The local that holds it, where it is loaded into one. */
  readonly local: VariableId | undefined;
}

export interface TrustedValue {
  readonly function: ProgramFunction;
  readonly load: FieldAccess;
  readonly use: "index" | "length";
  /** Where it is used. */
  readonly span: FileSpan;
  readonly statement: Statement;
  /** What is indexed, or the call that takes the length. */
  readonly target: string;
  readonly verdict: Verdict;
}

/**
 * Loads of fields through pointers in a function, in the order of its blocks. Whether the device writes the field, and whether it
 * lies in coherent memory, is not asked yet.
 */
export function deviceLoads(facts: Facts, owner: ProgramFunction): readonly DeviceLoad[] {
  const loads: DeviceLoad[] = [];
  const note = (
    place: Place,
    statement: Statement | undefined,
    block: BlockId,
    local: VariableId | undefined,
  ): void => {
    const field = fieldKey(place.steps);
    const at = lastFieldIndex(place.steps);
    if (field === undefined || !place.steps.slice(0, at).some(({ kind }) => kind === "deref")) return;
    const access: FieldAccess = {
      kind: "load",
      statement,
      block,
      place,
      span: place,
      field,
      // Few are asked for, and each costs a walk through the function.
      get record() {
        const point = { function: owner, statement: statement?.id ?? -1, block };
        return facts.identityOf(point, { ...place, steps: place.steps.slice(0, at) });
      },
    };
    loads.push({ access, local });
  };
  for (const id of flowOf(owner).order) {
    const block = owner.blocks[id];
    for (const statement of block?.statements ?? []) {
      const [target, value] = assignmentOf(statement);
      const into = target?.root.kind === "variable" && target.steps.length === 0 ? target.root.id : undefined;
      const whole = value && peel(value);
      for (const place of expressionsRead(statement))
        note(place, statement, id, whole?.kind === "read" && whole.place === place ? into : undefined);
    }
    const terminator = block?.terminator;
    const last = terminator?.kind === "branch" ? terminator.condition : undefined;
    for (const place of last ? readsOf(last) : []) note(place, undefined, id, undefined);
  }
  return loads;
}

const known = new KnownOf<Facts, readonly TrustedValue[]>();

/** Device-written values that are used as an index or as a length and that nothing on the way compares or masks. */
export function trustedValues(facts: Facts): readonly TrustedValue[] {
  const made = known.get(facts);
  if (made) return made;
  const found: TrustedValue[] = [];
  if (hasCoherentMemory(facts)) {
    const coherent = coherentRecordFinder(facts);
    for (const owner of runningFunctions(facts)) {
      const loads = deviceLoads(facts, owner).filter(({ local }) => local !== undefined);
      if (loads.length > 0) found.push(...trustedIn(facts, owner, loads, coherent));
    }
  }
  known.set(facts, found);
  return found;
}

function trustedIn(
  facts: Facts,
  owner: ProgramFunction,
  loads: readonly DeviceLoad[],
  coherent: ReturnType<typeof coherentRecordFinder>,
): readonly TrustedValue[] {
  const carried = carriers(owner, loads);
  if (carried.size === 0) return [];
  const found: TrustedValue[] = [];
  const told = new Set<FieldAccess>();
  const flow = flowOf(owner);
  for (const id of flow.order)
    for (const statement of owner.blocks[id]?.statements ?? [])
      for (const use of usesIn(facts, owner, statement)) {
        const local = wholeLocal(shifted(use.value));
        const load = local === undefined ? undefined : carried.get(local);
        if (!load || local === undefined || told.has(load)) continue;
        if (!isDeviceWritten(facts, load.field) || isCompared(owner, local, carried, load)) continue;
        const verdict = coherent(owner, load);
        if (!verdict) continue;
        told.add(load);
        found.push({ function: owner, load, use: use.kind, span: use.span, statement, target: use.target, verdict });
      }
  return found;
}

/** Locals that hold a loaded value unchanged, or byte-swapped, for certain: they are given nothing else. */
function carriers(owner: ProgramFunction, loads: readonly DeviceLoad[]): ReadonlyMap<VariableId, FieldAccess> {
  const result = new Map<VariableId, FieldAccess>();
  for (const { access, local } of loads) if (local !== undefined) result.set(local, access);
  const given = new Map<VariableId, number>();
  for (const block of owner.blocks)
    for (const statement of block.statements) {
      const [target, value] = assignmentOf(statement);
      if (target?.root.kind !== "variable" || target.steps.length > 0) continue;
      given.set(target.root.id, (given.get(target.root.id) ?? 0) + 1);
      const from = value && wholeLocal(value);
      const load = from === undefined ? undefined : result.get(from);
      if (load && !result.has(target.root.id)) result.set(target.root.id, load);
    }
  for (const [local] of result)
    if ((given.get(local) ?? 0) > 1 || owner.parameters.includes(local)) result.delete(local);
  return result;
}

interface Use {
  readonly kind: "index" | "length";
  readonly value: Expression;
  readonly span: FileSpan;
  readonly target: string;
}

function usesIn(facts: Facts, owner: ProgramFunction, statement: Statement): readonly Use[] {
  const uses: Use[] = [];
  const places = [...expressionsRead(statement), ...(statement.kind === "assign" ? [statement.target] : [])];
  const addresses =
    statement.kind === "assign" ? [statement.value] : statement.kind === "call" ? statement.arguments : [];
  for (const one of addresses.map(peel)) if (one.kind === "address") places.push(one.place);
  for (const place of places)
    place.steps.forEach((step, at) => {
      if (step.kind !== "index") return;
      const target = facts.textOfPlace(owner, { ...place, steps: trimDeref(place, at) });
      uses.push({ kind: "index", value: step.index, span: place, target });
    });
  // `base + index` is another way to write an element.
  for (const one of addresses.map(peel))
    if (one.kind === "binary" && one.operator === "+" && typeOf(one.left).kind === "pointer")
      uses.push({ kind: "index", value: one.right, span: one, target: facts.textOf(owner, one.left) });
  if (statement.kind === "call" && statement.callee.kind === "direct") {
    const at = lengths[statement.callee.name];
    const length = at === undefined ? undefined : statement.arguments[at];
    if (length) uses.push({ kind: "length", value: length, span: statement, target: `${statement.callee.name}()` });
  }
  return uses;
}

/** Copies whose length is that argument. */
const lengths: Readonly<Record<string, number>> = {
  memcpy: 2,
  memmove: 2,
  memcpy_fromio: 2,
  memcpy_toio: 2,
  skb_put: 1,
  skb_copy_to_linear_data: 2,
};

function trimDeref(place: Place, at: number): Place["steps"] {
  const steps = place.steps.slice(0, at);
  return steps.at(-1)?.kind === "deref" ? steps.slice(0, -1) : steps;
}

/** Whether some branch looks at the value, or at a copy of it: whoever looks may have bounded it. */
function isCompared(
  owner: ProgramFunction,
  local: VariableId,
  carried: ReadonlyMap<VariableId, FieldAccess>,
  load: FieldAccess,
): boolean {
  const same = new Set([local, ...[...carried].filter(([, one]) => one === load).map(([id]) => id)]);
  const mentions = (expression: Expression): boolean =>
    readsOf(expression).some(
      (place) =>
        (place.root.kind === "variable" && place.steps.length === 0 && same.has(place.root.id)) ||
        fieldKey(place.steps) === load.field,
    );
  return owner.blocks.some(({ statements, terminator }) => {
    if (terminator.kind === "branch" && mentions(terminator.condition)) return true;
    if (terminator.kind === "switch" && mentions(terminator.value)) return true;
    // A check may live in a helper, in min() or in WARN_ON().
    return statements.some(
      (one) =>
        one.kind === "call" &&
        (one.callee.kind !== "direct" || passesThrough(one.callee.name) === undefined) &&
        one.arguments.some((argument) => wholeLocal(argument) !== undefined && mentions(argument)) &&
        !(one.callee.kind === "direct" && Object.hasOwn(lengths, one.callee.name)),
    );
  });
}

/** `index - 1` is as far out of bounds as `index`. */
function shifted(expression: Expression): Expression {
  const one = peel(expression);
  if (one.kind !== "binary" || (one.operator !== "+" && one.operator !== "-")) return one;
  return peel(one.right).kind === "constant" ? peel(one.left) : one;
}

function wholeLocal(expression: Expression): VariableId | undefined {
  const one = peel(expression);
  return one.kind === "read" && one.place.root.kind === "variable" && one.place.steps.length === 0
    ? one.place.root.id
    : undefined;
}

function assignmentOf(statement: Statement): readonly [Place | undefined, Expression | undefined] {
  if (statement.kind === "assign") return [statement.target, statement.value];
  if (statement.kind !== "call" || statement.callee.kind !== "direct") return [undefined, undefined];
  const at = passesThrough(statement.callee.name);
  return [statement.result, at === undefined ? undefined : statement.arguments[at]];
}

function expressionsRead(statement: Statement): Place[] {
  if (statement.kind === "assign") return [...readsOf(statement.value)];
  if (statement.kind === "call") return statement.arguments.flatMap((one) => [...readsOf(one)]);
  return statement.kind === "evaluate" ? [...readsOf(statement.value)] : [];
}
