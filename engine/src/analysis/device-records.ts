/** Records that a driver shares with a device: which lie in coherent memory, and which of their fields the device writes. */
import type { Expression, Place, ProgramFunction } from "../program/program.ts";
import { pointersOf } from "../program/visit.ts";
import { isCoherentMemory, isPointer } from "./coherent-uses.ts";
import type { FieldAccess } from "./device-order.ts";
import type { Facts } from "./facts.ts";
import { lastFieldIndex } from "./field-keys.ts";
import { forbiddenOrigins, type Verdict } from "./judgement.ts";
import { peel } from "./local-evaluation.ts";
import { workingsOf } from "./unit-facts.ts";

/** Where the record of an access was allocated, when that is coherent memory for certain. */
export function coherentRecordOf(facts: Facts, owner: ProgramFunction, access: FieldAccess): Verdict | undefined {
  const base: Place = { ...access.place, steps: access.place.steps.slice(0, lastFieldIndex(access.place.steps)) };
  const pointer = pointersOf(base).at(-1);
  if (!pointer) return undefined;
  const read: Expression = { ...pointer, kind: "read", place: pointer };
  const value = facts.valueOf({ function: owner, statement: access.statement?.id ?? -1, block: access.block }, read);
  return forbiddenOrigins(value, (origin) => isCoherentMemory(origin) && isPointer(origin))[0];
}

/** Whether the device may write the field: the driver stores nothing there but constants that clear it or give its size. */
export function isDeviceWritten(facts: Facts, field: string): boolean {
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
  return facts.callsWith("allocate").some(({ api }) => api.memory === "coherent" || api.memory === "coherent-wc");
}
