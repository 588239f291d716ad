/** Names of the fields that handles are kept in, over functions: "record.field", never a bare field where the record is known. */
import type { Expression, Place, ProgramFunction } from "../../program/program.ts";
import { expressionsOf, expressionsOfTerminator } from "../../program/visit.ts";
import { fieldKey } from "../values/field-keys.ts";

/** "record.field" of a place, or "?.field" where the record is not known; undefined where it is no field. */
export function fieldName(place: Place): string | undefined {
  const key = fieldKey(place.steps);
  if (key !== undefined) return key.replace(/\*+$/, "");
  for (let i = place.steps.length - 1; i >= 0; i--) {
    const step = place.steps[i];
    if (step?.kind === "field") return `?.${step.name}`;
  }
  return undefined;
}

/** Whether two field names may mean one field. */
export function sameField(a: string, b: string): boolean {
  if (a === b) return true;
  if (!a.startsWith("?") && !b.startsWith("?")) return false;
  return a.slice(a.lastIndexOf(".")) === b.slice(b.lastIndexOf("."));
}

/** Every field on an access path of the function, as "record.field". */
export function fieldsIn(owner: ProgramFunction): ReadonlySet<string> {
  const fields = new Set<string>();
  const place = (one: Place): void => {
    const whole = fieldKey(one.steps);
    if (whole !== undefined) fields.add(whole);
    one.steps.forEach((step, index) => {
      if (step.kind === "index") expression(step.index);
      const key = step.kind === "field" ? fieldKey(one.steps.slice(0, index + 1)) : undefined;
      if (key !== undefined) fields.add(key);
    });
  };
  const expression = (one: Expression): void => {
    if (one.kind === "read" || one.kind === "address") place(one.place);
    else if (one.kind === "unary" || one.kind === "cast") expression(one.operand);
    else if (one.kind === "binary") {
      expression(one.left);
      expression(one.right);
    }
  };
  for (const block of owner.blocks) {
    for (const statement of block.statements) {
      expressionsOf(statement).forEach(expression);
      if (statement.kind === "assign" || statement.kind === "zero") place(statement.target);
      if (statement.kind === "call" && statement.result) place(statement.result);
    }
    expressionsOfTerminator(block.terminator).forEach(expression);
  }
  return fields;
}
