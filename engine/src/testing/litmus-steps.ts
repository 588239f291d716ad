/** Litmus tests built of steps, for random programs. */
import type {
  LitmusAgentName,
  LitmusDirection,
  LitmusExpression,
  LitmusLocation,
  LitmusPlace,
  LitmusPlainOperation,
  LitmusSource,
  LitmusStatement,
  LitmusWay,
} from "../program/litmus/litmus-source.ts";

/** One statement of an agent, in short. */
export type Step =
  | { readonly do: "write"; readonly variable: string; readonly value: number; readonly way?: LitmusWay }
  | { readonly do: "read"; readonly variable: string; readonly register: string; readonly way?: LitmusWay }
  | {
      readonly do: "dma_map" | "dma_unmap" | "dma_sync_for_device" | "dma_sync_for_cpu";
      readonly variable: string;
      readonly direction: LitmusDirection;
      readonly part?: boolean;
    }
  | { readonly do: "arch_dma_prep_coherent" | "flush_dcache_page"; readonly variable: string }
  | { readonly do: LitmusPlainOperation };

const nowhere = { start: 0, end: 0 };

export function statementOf(step: Step): LitmusStatement {
  const place = (location: string, way: LitmusWay = "plain", part = false): LitmusPlace => ({
    ...nowhere,
    location,
    way,
    part,
  });
  switch (step.do) {
    case "write":
      return { kind: "store", ...nowhere, place: place(step.variable, step.way), value: number(step.value) };
    case "read": {
      const value: LitmusExpression = { kind: "load", ...nowhere, place: place(step.variable, step.way) };
      return { kind: "set", ...nowhere, name: step.register, value };
    }
    case "dma_map":
    case "dma_unmap":
    case "dma_sync_for_device":
    case "dma_sync_for_cpu": {
      const operation = {
        name: step.do,
        place: place(step.variable, "plain", step.part ?? false),
        direction: step.direction,
      };
      return { kind: "do", ...nowhere, operation };
    }
    case "arch_dma_prep_coherent":
    case "flush_dcache_page":
      return { kind: "do", ...nowhere, operation: { name: step.do, place: place(step.variable) } };
    default:
      return { kind: "do", ...nowhere, operation: { name: step.do } };
  }
}

/** A test of steps. The registers are those that it reads into, by name. */
export function built(
  locations: readonly LitmusLocation[],
  agents: Readonly<Partial<Record<LitmusAgentName, readonly Step[]>>>,
  bad: LitmusExpression,
): LitmusSource {
  const registers = new Set<string>();
  const bodies: { name: LitmusAgentName; body: LitmusStatement[] }[] = [];
  for (const name of ["cpu", "user", "device"] as const) {
    const steps = agents[name];
    if (steps === undefined) continue;
    for (const step of steps) if (step.do === "read") registers.add(step.register);
    bodies.push({ name, body: steps.map(statementOf) });
  }
  return {
    file: "built.ts",
    text: "",
    name: "built",
    about: "",
    locations,
    registers: [...registers].sort().map((name) => ({ name, initial: 0 })),
    agents: bodies,
    bad,
    expected: undefined,
  };
}

export function location(name: string, line: number, offset = 0, memory: LitmusLocation["memory"] = "ordinary") {
  return { name, line, offset, memory } satisfies LitmusLocation;
}

export function number(value: number): LitmusExpression {
  return { kind: "number", ...nowhere, value };
}

/** `register === value`, or `!==`. */
export function compare(register: string, operator: "===" | "!==", value: number): LitmusExpression {
  const left: LitmusExpression = { kind: "name", ...nowhere, name: register };
  return { kind: "binary", ...nowhere, operator, left, right: number(value) };
}

export function both(left: LitmusExpression, right: LitmusExpression): LitmusExpression {
  return { kind: "binary", ...nowhere, operator: "&&", left, right };
}

export function either(left: LitmusExpression, right: LitmusExpression): LitmusExpression {
  return { kind: "binary", ...nowhere, operator: "||", left, right };
}
