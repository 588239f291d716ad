/**
 * Alternatives of a value that a caller rules out: where the flag that a call passes makes a later assignment certain, what the
 * variable held before is gone (`buf = cmd->buffer; if (cmd->bounce) buf = bounce;`).
 */
import type { BlockId, ProgramFunction, Statement, VariableId } from "../../program/program.ts";
import type { CallingContexts } from "../flow/calling-contexts.ts";
import { flowOf, successors } from "../flow/flow.ts";
import { edgeGuards } from "../flow/guards.ts";
import type { LocalValues } from "./local-values.ts";
import type { Alternative, LocalValue } from "./symbols.ts";
import type { Site } from "./unit-index.ts";

/** The alternatives that a call to the function leaves at `block`. */
export function leftBy(
  contexts: CallingContexts,
  values: LocalValues,
  value: LocalValue,
  block: BlockId,
  site: Site | undefined,
): LocalValue {
  if (!site || value.length < 2) return value;
  const set = value.map((one) => lastAssignment(values.owner, one));
  const certain = set.filter(
    (one) => one !== undefined && isLast(values.owner, one) && isCertain(contexts, values, one.block, block, site),
  );
  if (certain.length === 0) return value;
  const flow = flowOf(values.owner);
  return value.filter((_, index) => {
    const own = set[index];
    return !certain.some(
      (one) =>
        one !== undefined &&
        own !== undefined &&
        one !== own &&
        one.variable === own.variable &&
        one.block !== own.block &&
        flow.dominates(own.block, one.block) &&
        !flow.reaches(one.block, own.block),
    );
  });
}

interface Assignment {
  readonly block: BlockId;
  readonly variable: VariableId;
}

function lastAssignment(owner: ProgramFunction, one: Alternative): Assignment | undefined {
  const flow = flowOf(owner);
  for (const step of [...one.trace].reverse()) {
    const statement = flow.statement(step.statement);
    const variable = statement && assignedVariable(statement);
    const at = flow.locate(step.statement)?.block;
    if (variable !== undefined && at !== undefined) return { block: at, variable };
  }
  return undefined;
}

function assignedVariable(statement: Statement): VariableId | undefined {
  const target =
    statement.kind === "assign" ? statement.target : statement.kind === "call" ? statement.result : undefined;
  return target?.root.kind === "variable" && target.steps.length === 0 ? target.root.id : undefined;
}

/** Whether nothing after the block assigns the variable: an alternative's trace tells one of its ways only. */
function isLast(owner: ProgramFunction, { block, variable }: Assignment): boolean {
  const flow = flowOf(owner);
  return flow.order.every(
    (id) =>
      !flow.reaches(block, id) ||
      (owner.blocks[id]?.statements ?? []).every((statement) => assignedVariable(statement) !== variable),
  );
}

/** Whether every run that comes to `sink` from this call went through `block`, as far as branches tell. */
function isCertain(contexts: CallingContexts, values: LocalValues, block: BlockId, sink: BlockId, site: Site): boolean {
  const flow = flowOf(values.owner);
  const edges = flow.edgesTo(block);
  let told = false;
  for (const { from, to } of edges) {
    if (edgeGuards(values, from, to).some((guard) => contexts.establishes(site, guard))) {
      told = true;
      continue;
    }
    // The other way out of the branch does not come to the sink.
    const terminator = values.owner.blocks[from]?.terminator;
    const others = terminator ? successors(terminator).filter((one) => one !== to) : [];
    if (others.some((one) => one === sink || flow.reaches(one, sink))) return false;
  }
  return told;
}
