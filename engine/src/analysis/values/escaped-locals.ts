/** Which calls can change a struct on the stack: it is its function's own until somebody is told its address. */
import type { CallStatement, Expression, Place, ProgramFunction, VariableId } from "../../program/program.ts";
import { flowOf } from "../flow/flow.ts";
import { peel } from "./local-evaluation.ts";
import { isShared, type Location } from "./symbols.ts";

/** Functions of the unit that a call may enter. */
type Callees = (call: CallStatement) => readonly ProgramFunction[];

/** By what asks: it is forgotten together with what it was told of the callees. */
const escaped = new WeakMap<object, ReadonlySet<VariableId>>();

/**
 * Whether a call into the unit cannot reach the location, a part of a local. Its address may have been kept by a store or by
 * another function of the unit; what functions elsewhere keep of it they do not hand to this driver.
 */
export function isOutOfReach(
  asking: object,
  owner: ProgramFunction,
  location: Location,
  call: CallStatement,
  callees: Callees,
): boolean {
  if (location.root.kind !== "variable" || isShared(location)) return false;
  const { id } = location.root;
  if (call.arguments.some((argument) => mentions(argument, id))) return false;
  let ids = escaped.get(asking);
  if (!ids) {
    ids = findEscaped(owner, callees);
    escaped.set(asking, ids);
  }
  return !ids.has(id);
}

function findEscaped(owner: ProgramFunction, callees: Callees): ReadonlySet<VariableId> {
  const ids = new Set<VariableId>();
  for (const block of flowOf(owner).order)
    for (const statement of owner.blocks[block]?.statements ?? []) {
      const told =
        statement.kind === "assign"
          ? [statement.value]
          : statement.kind === "call" && callees(statement).length > 0
            ? statement.arguments
            : [];
      for (const expression of told) {
        const place = addressed(expression);
        if (place?.root.kind === "variable") ids.add(place.root.id);
      }
    }
  return ids;
}

function mentions(argument: Expression, id: VariableId): boolean {
  const place = addressed(argument);
  return place?.root.kind === "variable" && place.root.id === id;
}

/** The object whose address the expression is: `&x`, `&x.part`, an array. */
function addressed(expression: Expression): Place | undefined {
  const one = peel(expression);
  if (one.kind === "binary") return addressed(one.left) ?? addressed(one.right);
  if (one.kind === "address") return one.place;
  return one.kind === "read" && one.place.type.kind === "array" ? one.place : undefined;
}
