/** Calls of the DMA API whose device is certainly NULL: written so, or a local variable that holds nothing else. */
import type { ApiFunction, Effect } from "../../kernel/contract.ts";
import type { Expression } from "../../program/program.ts";
import type { ApiCall, Facts } from "../facts.ts";
import { workingsOf } from "../unit-facts.ts";

export interface NullDevice {
  readonly call: ApiCall;
  readonly device: Expression;
}

export function nullDevices(facts: Facts): readonly NullDevice[] {
  return facts.callsOf(takesDevice).flatMap((call) => {
    const device = call.argument("device");
    if (!device) return [];
    const values = workingsOf(facts).provenance.localValues(call.function);
    const value = values.valueAt(call.statement.id, device);
    return value.length > 0 && value.every(({ symbol }) => symbol.kind === "null") ? [{ call, device }] : [];
  });
}

const effects = new Set<Effect>([
  "allocate",
  "free",
  "map-streaming",
  "unmap-streaming",
  "map-sg",
  "unmap-sg",
  "map-resource",
  "set-mask",
]);

/** The sound core and others take NULL for memory that is no device's. */
function takesDevice({ name, effect, parameters }: ApiFunction): boolean {
  return effects.has(effect) && /^dmam?_/.test(name) && parameters.some(({ role }) => role === "device");
}
