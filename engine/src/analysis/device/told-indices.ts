/** Rings whose device is told by a register up to which entry they are its own: the entry's index is what the register gets. */
import type { CallStatement, Expression, Place, ProgramFunction, VariableId } from "../../program/program.ts";
import { targetOf, walkExpression } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";
import { peel } from "../values/local-evaluation.ts";

/** A tail register is written by an accessor of the driver's, in a function of its own. */
const deepest = 3;

/** The variables that choose the entry of an array in which the place lies, directly or through the only value of a pointer. */
export function indicesOf(owner: ProgramFunction, place: Place): ReadonlySet<VariableId> {
  const found = new Set<VariableId>();
  const gather = ({ steps }: Place): void => {
    for (const step of steps) if (step.kind === "index") for (const id of variablesIn(step.index)) found.add(id);
  };
  gather(place);
  const { root } = place;
  if (root.kind !== "variable" || owner.parameters.includes(root.id)) return found;
  const given = owner.blocks
    .flatMap((block) => block.statements)
    .filter((one) => {
      const target = targetOf(one);
      return target?.root.kind === "variable" && target.root.id === root.id && target.steps.length === 0;
    });
  const [only] = given;
  if (given.length !== 1 || only?.kind !== "assign") return found;
  const value = peel(only.value);
  if (value.kind === "address") gather(value.place);
  return found;
}

/** Whether the call writes one of the variables to a register, itself or in a function of the driver that gets it. */
export function tellsRegister(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  variables: ReadonlySet<VariableId>,
  depth = 0,
): boolean {
  if (variables.size === 0 || call.callee.kind !== "direct") return false;
  const holds = (argument: Expression | undefined): boolean =>
    argument !== undefined && variablesIn(argument).some((id) => variables.has(id));
  const api = facts.apiOf(owner, call);
  if (api)
    return (
      api.effect === "mmio-write" && holds(call.arguments[api.parameters.findIndex(({ role }) => role === "value")])
    );
  const target = depth < deepest ? facts.unit.functionNamed(call.callee.name, owner.file) : undefined;
  if (!target) return false;
  const inside = new Set(target.parameters.filter((_, at) => holds(call.arguments[at])));
  return target.blocks.some((block) =>
    block.statements.some((one) => one.kind === "call" && tellsRegister(facts, target, one, inside, depth + 1)),
  );
}

function variablesIn(expression: Expression): readonly VariableId[] {
  const found: VariableId[] = [];
  walkExpression(expression, (part) => {
    if (part.kind === "read" && part.place.root.kind === "variable" && part.place.steps.length === 0)
      found.push(part.place.root.id);
  });
  return found;
}
