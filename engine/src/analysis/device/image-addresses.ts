/**
 * Physical addresses that a driver computes of static data and gives to a device: in a descriptor, in the device's byte order, or in
 * a register (Documentation/core-api/dma-api-howto.rst:132-140, 6.12.117).
 */
import type { CallStatement, Expression, ProgramFunction, VariableId } from "../../program/program.ts";
import { isPointer } from "../coherent/coherent-uses.ts";
import type { ApiCall, Facts, Origin } from "../facts.ts";
import { placesIn } from "../flow/finding-path.ts";
import { forbiddenOrigins } from "../values/judgement.ts";
import { workingsOf } from "../unit-facts.ts";

export interface ImageAddress {
  readonly call: ApiCall;
  readonly subject: string;
  readonly origin: Origin;
}

/** What puts a number where a device reads it. */
const toDevice =
  /^(cpu_to_(le|be)(32|64)p?|__cpu_to_(le|be)(32|64)|(__raw_)?write[lq](_relaxed|_be)?|iowrite(32|64)(be)?|out_(le|be)(32|64)|outl)$/;

const deepest = 3;

export function imageAddresses(facts: Facts): readonly ImageAddress[] {
  const found: ImageAddress[] = [];
  for (const call of facts.callsWith("virt-to-phys")) {
    if (call.name !== "virt_to_phys" && call.name !== "virt_to_bus") continue;
    const pointer = call.statement.arguments[0];
    const result = call.statement.result?.root;
    if (!pointer || result?.kind !== "variable") continue;
    const value = facts.valueOf({ function: call.function, statement: call.statement.id }, pointer);
    const origin = forbiddenOrigins(value, (one) => one.kind === "image" && isPointer(one))[0]?.origin;
    if (origin && reachesDevice(facts, call.function, result.id, 0))
      found.push({ call, subject: facts.textOf(call.function, pointer), origin });
  }
  return found;
}

/** Whether a variable of the function ends up with a device. */
function reachesDevice(facts: Facts, owner: ProgramFunction, id: VariableId, depth: number): boolean {
  if (depth > deepest) return false;
  const { index } = workingsOf(facts);
  for (const block of owner.blocks)
    for (const statement of block.statements) {
      if (statement.kind !== "call" || statement.callee.kind !== "direct") continue;
      const at = statement.arguments.findIndex((argument) => readsVariable(argument, id));
      if (at < 0) continue;
      if (toDevice.test(statement.callee.name)) return true;
      if (passesOn(facts, owner, statement, id, depth)) return true;
      for (const callee of index.callees(owner, statement)) {
        const parameter = callee.parameters[at];
        if (parameter !== undefined && reachesDevice(facts, callee, parameter, depth + 1)) return true;
      }
    }
  return false;
}

/** `cpu_to_le32(to_bus(address))`: what the inner call returns goes on. */
function passesOn(facts: Facts, owner: ProgramFunction, call: CallStatement, id: VariableId, depth: number): boolean {
  const root = call.result?.steps.length === 0 ? call.result.root : undefined;
  return root?.kind === "variable" && root.id !== id && reachesDevice(facts, owner, root.id, depth + 1);
}

function readsVariable(expression: Expression, id: VariableId): boolean {
  return placesIn(expression).some(
    (place) => place.steps.length === 0 && place.root.kind === "variable" && place.root.id === id,
  );
}
