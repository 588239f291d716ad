/**
 * The device, pointer, handle and size of an allocation, said in the words of another function: what a fix needs to name them
 * where the mapping is made. Both functions must reach them through the same struct.
 */
import type { Expression, Place, ProgramFunction } from "../../program/program.ts";
import type { Type } from "../../program/types.ts";
import type { Facts, Origin } from "../facts.ts";
import { fieldKey, lastFieldIndex, recordAt } from "../values/field-keys.ts";
import { placesIn } from "../flow/finding-path.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "../values/local-evaluation.ts";
import { type Workings, workingsOf } from "../unit-facts.ts";

export interface AllocationTerms {
  readonly device: string;
  readonly cpu: string;
  readonly handle: string;
  /** Bytes. */
  readonly size: string;
}

/** How one function reaches the struct that holds the memory: "s->" or "ring->buf.". */
interface Base {
  readonly record: string;
  readonly prefix: string;
}

/**
 * The allocation behind `origin` in the terms of `owner`, which sees it through `subject` just before `statement`.
 * Undefined when something of it has no name there.
 */
export function allocationTerms(
  facts: Facts,
  owner: ProgramFunction,
  statement: number,
  subject: Expression,
  origin: Origin,
): AllocationTerms | undefined {
  const { birth, api } = origin;
  if (!birth || !api) return undefined;
  const workings = workingsOf(facts);
  const held = placesOf(workings, birth.function, birth.statement.id);
  const cpu = held.get("result");
  const handle = held.get("handle");
  const base = baseOf(workings, owner, statement, subject);
  if (!cpu || !handle || !base) return undefined;
  const there = baseOfPlace(workings, birth.function, cpu);
  const thereToo = baseOfPlace(workings, birth.function, handle);
  if (!there || !thereToo || there.prefix !== thereToo.prefix || there.record !== base.record) return undefined;
  const argument = (role: string): Expression | undefined =>
    birth.statement.arguments[api.parameters.findIndex((one) => one.role === role)];
  const device = deviceTerm(workings, birth.function, argument("device"), there, base);
  const size = sizeTerm(workings, birth.function, argument("size") ?? argument("length"), there, base, owner);
  if (device === undefined || size === undefined) return undefined;
  // In a snippet an out-parameter is a cell, whose content is its value.
  const content = owner.language === "c" ? "" : ".value";
  return { device, size, cpu: base.prefix + fieldName(cpu), handle: base.prefix + fieldName(handle) + content };
}

/**
 * The pointer of the allocation behind a DMA address, in the terms of `owner`, which reads the address through `subject`: "ring->cpu".
 * Only where the unit stores nothing else in the two fields, so that they belong together whenever they hold anything.
 */
export function allocatedPointer(
  facts: Facts,
  owner: ProgramFunction,
  statement: number,
  subject: Expression,
  origin: Origin,
): string | undefined {
  const { birth } = origin;
  if (!birth || origin.conversions.length > 0) return undefined;
  const workings = workingsOf(facts);
  const held = placesOf(workings, birth.function, birth.statement.id);
  const cpu = held.get("result");
  const handle = held.get("handle");
  const base = baseOf(workings, owner, statement, subject);
  if (!cpu || !handle || !base) return undefined;
  const there = baseOfPlace(workings, birth.function, cpu);
  const thereToo = baseOfPlace(workings, birth.function, handle);
  if (!there || there.prefix !== thereToo?.prefix || there.record !== base.record) return undefined;
  for (const [field, slot] of [
    [fieldName(cpu), "result"],
    [fieldName(handle), "handle"],
  ])
    for (const { function: writer, statement: store } of workings.index.storesTo(`${base.record}.${field ?? ""}`)) {
      const filled = workings.provenance.localValues(writer).filledBy(store);
      const values = filled.filter(({ location }) => fieldKey(location.steps) === `${base.record}.${field ?? ""}`);
      const isOurs = values.every(({ value }) =>
        value.every(
          ({ symbol }) =>
            symbol.kind === "null" ||
            (symbol.kind === "number" && symbol.text === "0") ||
            (symbol.kind === "birth" && symbol.call === birth.statement && symbol.slot === slot),
        ),
      );
      if (!isOurs) return undefined;
    }
  return base.prefix + fieldName(cpu);
}

/** Where the results of an allocation are kept, by slot: the fields that hold them in the end. */
function placesOf(workings: Workings, owner: ProgramFunction, call: number): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const values = workings.provenance.localValues(owner);
  for (const id of flowOf(owner).order)
    for (const statement of owner.blocks[id]?.statements ?? []) {
      if (statement.id < call || (statement.kind !== "assign" && statement.kind !== "call")) continue;
      const targets =
        statement.kind === "assign"
          ? [statement.target]
          : [...(statement.result ? [statement.result] : []), ...statement.arguments.flatMap(addressed)];
      const filled = values.filledBy(statement);
      for (const target of targets) {
        if (lastFieldIndex(target.steps) !== target.steps.length - 1) continue;
        const { key } = values.locationAt(statement.id, target);
        const only = filled.find((cell) => cell.location.key === key)?.value;
        const symbol = only?.length === 1 ? only[0]?.symbol : undefined;
        if (symbol?.kind === "birth" && symbol.call.id === call && only?.[0]?.conversions.length === 0)
          places.set(symbol.slot, target);
      }
    }
  return places;
}

function addressed(expression: Expression): readonly Place[] {
  const one = peel(expression);
  return one.kind === "address" ? [one.place] : [];
}

/** The struct that the subject's value was read from, as the function spells it. */
function baseOf(workings: Workings, owner: ProgramFunction, statement: number, subject: Expression): Base | undefined {
  const values = workings.provenance.localValues(owner);
  const value = values.valueAt(statement, subject);
  const symbol = value.length === 1 ? value[0]?.symbol : undefined;
  if (symbol?.kind !== "entry") return undefined;
  const wanted = symbol.location.key;
  for (const id of flowOf(owner).order) {
    const block = owner.blocks[id];
    for (const one of block?.statements ?? []) {
      if (one.id > statement) continue;
      for (const place of (one.kind === "call" ? one.arguments : one.kind === "assign" ? [one.value] : []).flatMap(
        placesIn,
      ))
        if (values.locationAt(one.id, place).key === wanted) {
          const base = baseOfPlace(workings, owner, place);
          if (base) return base;
        }
    }
  }
  return undefined;
}

function baseOfPlace(workings: Workings, owner: ProgramFunction, place: Place): Base | undefined {
  const at = place.steps.length - 1;
  const record = recordAt(place.steps, at);
  const last = place.steps[at];
  if (record === undefined || last?.kind !== "field") return undefined;
  const text = workings.names.place(owner, place);
  if (!text.endsWith(last.name) || text.includes("…") || text.includes("?")) return undefined;
  return { record, prefix: text.slice(0, text.length - last.name.length) };
}

function fieldName(place: Place): string {
  const last = place.steps.at(-1);
  return last?.kind === "field" ? last.name : "";
}

/** `s->dev`, `&s->pdev->dev`: reached through the same struct, or the struct's only device. */
function deviceTerm(
  workings: Workings,
  owner: ProgramFunction,
  argument: Expression | undefined,
  there: Base,
  here: Base,
): string | undefined {
  if (!argument) return undefined;
  const text = workings.names.expression(owner, argument);
  const moved = moveTerm(text, there, here);
  if (moved !== undefined) return moved;
  const fields = workings.index.unit.records.get(there.record)?.fields ?? [];
  const plain = fields.filter((field) => pointsTo(field.type, "device"));
  if (plain.length === 1 && plain[0]) return here.prefix + plain[0].name;
  if (plain.length > 1) return undefined;
  const arrow = owner.language === "c" ? "->" : ".";
  const outer = fields.filter((field) => pointsTo(field.type, "pci_dev") || pointsTo(field.type, "platform_device"));
  return outer.length === 1 && outer[0] ? `&${here.prefix}${outer[0].name}${arrow}dev` : undefined;
}

function pointsTo(type: Type, record: string): boolean {
  return type.kind === "pointer" && type.target.kind === "record" && type.target.name === record;
}

function sizeTerm(
  workings: Workings,
  owner: ProgramFunction,
  argument: Expression | undefined,
  there: Base,
  here: Base,
  user: ProgramFunction,
): string | undefined {
  if (!argument) return undefined;
  if (isConstant(argument)) {
    const text = workings.names.text(argument);
    const source = workings.index.unit.files.get(owner.file)?.text ?? "";
    const privateMacro = (text.match(/[A-Za-z_]\w*/g) ?? []).some(
      (name) => new RegExp(`^[ \\t]*#[ \\t]*define[ \\t]+${name}\\b`, "m").test(source) && owner.file !== user.file,
    );
    return text === "" || privateMacro ? undefined : text;
  }
  return moveTerm(workings.names.expression(owner, argument), there, here);
}

function isConstant(expression: Expression): boolean {
  const one = peel(expression);
  switch (one.kind) {
    case "constant":
    case "symbol":
    case "sizeof":
      return true;
    case "binary":
      return isConstant(one.left) && isConstant(one.right);
    case "unary":
      return isConstant(one.operand);
    default:
      return false;
  }
}

/** The term with the other function's name of the struct replaced by this one's. */
function moveTerm(text: string, there: Base, here: Base): string | undefined {
  const pointer = text.startsWith("&") ? "&" : "";
  const rest = text.slice(pointer.length);
  if (!rest.startsWith(there.prefix) || !/^[\w.>-]+$/.test(rest)) return undefined;
  return pointer + here.prefix + rest.slice(there.prefix.length);
}
