/** Records that a driver shares with a device: which lie in coherent memory, and which of their fields the device writes. */
import { knownMap, type KnownMap } from "../../program/dependencies.ts";
import type { Expression, Place, ProgramFunction, Statement } from "../../program/program.ts";
import { pointersOf } from "../../program/visit.ts";
import { isCoherentMemory, isPointer } from "../coherent/coherent-uses.ts";
import type { FieldAccess } from "./device-order.ts";
import type { Facts, Origin, Point, Value } from "../facts.ts";
import { lastFieldIndex } from "../values/field-keys.ts";
import { allocatesCoherent } from "../values/api-names.ts";
import { forbiddenOrigins, type Verdict } from "../values/judgement.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";

/** Where the record of an access was allocated, when that is coherent memory for certain. */
export function coherentRecordOf(facts: Facts, owner: ProgramFunction, access: FieldAccess): Verdict | undefined {
  const { place, block } = access;
  const value = pointerToRecord(facts, { function: owner, statement: access.statement?.id ?? -1, block }, place);
  return value && forbiddenOrigins(value, isCoherentPointer)[0];
}

/** Whether the record of the stored field may lie in coherent memory: some of the memory is, or nobody knows where it comes from. */
export function mayBeInCoherent(facts: Facts, owner: ProgramFunction, { id }: Statement, field: Place): boolean {
  const value = pointerToRecord(facts, { function: owner, statement: id }, field);
  if (!value || value.contexts.length === 0) return true;
  return value.contexts.some(({ origins }) =>
    origins.some((origin) => origin.kind === "unknown" || isCoherentPointer(origin)),
  );
}

function isCoherentPointer(origin: Origin): boolean {
  return isCoherentMemory(origin) && isPointer(origin);
}

/** What the pointer to the record of a field holds; undefined where the record is a variable. */
function pointerToRecord(facts: Facts, point: Point, field: Place): Value | undefined {
  const pointer = pointersOf({ ...field, steps: field.steps.slice(0, lastFieldIndex(field.steps)) }).at(-1);
  return pointer && facts.valueOf(point, { ...pointer, kind: "read", place: pointer });
}

/** Records of one type that were asked in vain before none of them is asked any more. */
const patience = 4;

/**
 * The same question, for a caller that asks it of many accesses: a type of which a few records in a row are not coherent is not
 * asked again, since each answer costs a walk to where the memory was made. Each caller has its own, so that what one rule finds
 * does not depend on another.
 */
export function coherentRecordFinder(
  facts: Facts,
): (owner: ProgramFunction, access: FieldAccess) => Verdict | undefined {
  const failures = new Map<string, number>();
  return (owner, access) => {
    const record = access.field.split(".")[0] ?? "";
    const failed = failures.get(record) ?? 0;
    if (failed >= patience) return undefined;
    const verdict = coherentRecordOf(facts, owner, access);
    failures.set(record, verdict ? -1000 : failed + 1);
    return verdict;
  };
}

const deviceWritten = new WeakMap<Facts, KnownMap<string, boolean>>();

/** Whether the device may write the field: the driver stores nothing there but constants that clear it or give its size. */
export function isDeviceWritten(facts: Facts, field: string): boolean {
  const fields = deviceWritten.get(facts) ?? knownMap<string, boolean>();
  deviceWritten.set(facts, fields);
  let known = fields.get(field);
  if (known === undefined) {
    known = onlyConstantsStored(facts, field);
    fields.set(field, known);
  }
  return known;
}

function onlyConstantsStored(facts: Facts, field: string): boolean {
  return workingsOf(facts)
    .index.storesTo(field)
    .every(({ statement }) => {
      const value = statement.kind === "assign" ? peel(statement.value) : undefined;
      if (statement.kind === "zero") return true;
      if (statement.kind === "call") return statement.arguments.every((one) => isConstant(peel(one)));
      return value !== undefined && isConstant(value);
    });
}

function isConstant(value: Expression): boolean {
  if (value.kind === "unary") return isConstant(peel(value.operand));
  if (value.kind === "binary") return isConstant(peel(value.left)) && isConstant(peel(value.right));
  return value.kind === "constant" || value.kind === "symbol" || value.kind === "sizeof";
}

/** Whether the unit allocates coherent memory at all: without it there is nothing to ask. */
export function hasCoherentMemory(facts: Facts): boolean {
  return facts.callsOf(allocatesCoherent).length > 0;
}
