/** Fields that the device writes, read for a comparison with a bound and then read again as an index or a length. */
import type { Expression, ProgramFunction, Statement } from "../../program/program.ts";
import { readsOf } from "../../program/visit.ts";
import type { FieldAccess } from "./device-order.ts";
import { coherentRecordFinder, hasCoherentMemory, isDeviceWritten } from "./device-records.ts";
import { deviceLoads } from "./device-values.ts";
import type { Facts } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf } from "../flow/flow.ts";
import type { Verdict } from "../values/judgement.ts";
import { runningFunctions } from "./running-device.ts";

export interface DoubleFetch {
  readonly function: ProgramFunction;
  readonly checked: FieldAccess;
  readonly used: FieldAccess;
  readonly statement: Statement;
  /** "as an index", "as a length". */
  readonly how: string;
  readonly verdict: Verdict;
}

export function doubleFetches(facts: Facts): readonly DoubleFetch[] {
  const found: DoubleFetch[] = [];
  if (!hasCoherentMemory(facts)) return found;
  const coherent = coherentRecordFinder(facts);
  for (const owner of runningFunctions(facts)) {
    const loads = deviceLoads(facts, owner).map(({ access }) => access);
    const checks = loads.filter((load) => load.statement === undefined && isBounded(owner, load));
    for (const checked of checks) {
      if (!isDeviceWritten(facts, checked.field)) continue;
      const used = loads.find((load) => load !== checked && isUseAfter(owner, load, checked));
      const how = used?.statement && howUsed(used.statement, used);
      const verdict = used && how !== undefined ? coherent(owner, used) : undefined;
      if (used?.statement && how !== undefined && verdict)
        found.push({ function: owner, checked, used, statement: used.statement, how, verdict });
    }
  }
  return found;
}

/** Whether the branch that reads the field compares it with a bound: an order, not a flag or a state. */
function isBounded(owner: ProgramFunction, load: FieldAccess): boolean {
  const terminator = owner.blocks[load.block]?.terminator;
  if (terminator?.kind !== "branch") return false;
  const { condition } = terminator;
  return condition.kind === "binary" && /^[<>]=?$/.test(condition.operator) && reads(condition, load);
}

function reads(expression: Expression, load: FieldAccess): boolean {
  return readsOf(expression).some((place) => place === load.place);
}

function isUseAfter(owner: ProgramFunction, load: FieldAccess, checked: FieldAccess): boolean {
  if (load.field !== checked.field || !load.statement) return false;
  const after = flowOf(owner)
    .edgesTo(load.block)
    .some(({ from }) => from === checked.block);
  return after && load.record === checked.record;
}

function howUsed(statement: Statement, { place, field }: FieldAccess): string | undefined {
  const inIndex = (expression: Expression): boolean => {
    const one = expression.kind === "cast" ? expression.operand : expression;
    const steps = one.kind === "read" || one.kind === "address" ? one.place.steps : [];
    return steps.some(
      (step) => step.kind === "index" && readsOf(step.index).some((read) => fieldKey(read.steps) === field),
    );
  };
  if (statement.kind === "call") {
    if (statement.arguments.some(inIndex)) return "as an index";
    const last = statement.arguments.at(-1);
    const copies = statement.callee.kind === "direct" && /^(mem(cpy|move)|skb_put)/.test(statement.callee.name);
    return copies && last && readsOf(last).includes(place) ? "as a length" : undefined;
  }
  if (statement.kind !== "assign") return undefined;
  const target = statement.target.steps.some(
    (step) => step.kind === "index" && readsOf(step.index).some((read) => fieldKey(read.steps) === field),
  );
  return target || inIndex(statement.value) ? "as an index" : undefined;
}
