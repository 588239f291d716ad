/** What a driver itself takes for a DMA address, and what it writes to a register, wherever the value came from. */
import type { CallStatement, Expression, ProgramFunction, Statement } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { ownershipOf } from "../ownership/ownership.ts";
import { textOfValue } from "../ownership/ownership-values.ts";
import { peel } from "../values/local-evaluation.ts";
import { workingsOf } from "../unit-facts.ts";

/** The call of the same function that gives the same value to the DMA API as the address of a mapping. */
export function handedBack(
  facts: Facts,
  owner: ProgramFunction,
  at: Statement,
  value: Expression,
): ApiCall | undefined {
  if (peel(value).kind !== "read") return undefined;
  const calls = facts
    .callsWith("unmap-streaming", "sync-for-cpu", "sync-for-device")
    .filter((call) => call.function === owner);
  if (calls.length === 0) return undefined;
  const values = ownershipOf(facts).valuesOf(owner);
  if (!values.settled) return undefined;
  const name = textOfValue(values.evaluate(values.before(at), value));
  if (/^(#|<U)/.test(name)) return undefined;
  return calls.find((call) => {
    const handle = call.argument("handle");
    return handle !== undefined && textOfValue(values.evaluate(values.before(call.statement), handle)) === name;
  });
}

/** Whether a call of a driver's own function writes this argument to a register of the device, by itself. */
export function writesToRegister(facts: Facts, owner: ProgramFunction, call: CallStatement, argument: number): boolean {
  return workingsOf(facts)
    .index.callees(owner, call)
    .some((callee) => {
      const parameter = callee.parameters[argument];
      const type = parameter === undefined ? undefined : callee.variables[parameter]?.type;
      if (parameter === undefined || type?.kind !== "integer") return false;
      const values = ownershipOf(facts).valuesOf(callee);
      if (!values.settled) return false;
      const entry = `<P${parameter}>`;
      return callee.blocks.some((block) =>
        block.statements.some((statement) => {
          const api = facts.apiOf(callee, statement);
          if (statement.kind !== "call" || api?.effect !== "mmio-write") return false;
          const written = statement.arguments[api.parameters.findIndex(({ role }) => role === "value")];
          return (
            written !== undefined && textOfValue(values.evaluate(values.before(statement), written)).includes(entry)
          );
        }),
      );
    });
}
