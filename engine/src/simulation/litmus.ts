/**
 * Litmus tests: tiny programs of CPU, device and user side by side, and the outcome that would be bad. They run as agent
 * programs on any machine and any engine; the order of the agents is a choice of the run.
 */
import type { AgentAction, AgentProgram, MachinePort } from "../machine/action.ts";
import { coloursOf, type Direction } from "../machine/model.ts";
import { prepActions, syncActions } from "../machine/sync.ts";

export interface LitmusTest {
  readonly id: string;
  /** What it shows, in one sentence. */
  readonly about: string;
  /** Where the variables are: variables of one `line` share a cache line. Each has four bytes and starts at 0. */
  readonly variables: Readonly<Record<string, { readonly line: number; readonly offset: number }>>;
  readonly agents: Readonly<Partial<Record<LitmusAgent, readonly LitmusStep[]>>>;
  /** Bad when all of these hold. */
  readonly bad: readonly Condition[];
}

export type LitmusAgent = "cpu" | "user" | "device";

/**
 * How the CPU reaches a variable: through the linear map; through an uncached alias as coherent memory of a device that does not snoop has;
 * as pgprot_noncached() or pgprot_writecombine() make it; through a cached user mapping; through a cached alias of the next colour.
 */
export type Way = "linear" | "uncached" | "noncached" | "write-combine" | "user-cached" | "other-colour";

export type LitmusStep =
  | { readonly do: "write"; readonly variable: string; readonly value: number; readonly way?: Way }
  /** CPU and user read through a mapping, the device by DMA; the value goes into `register`. */
  | { readonly do: "read"; readonly variable: string; readonly register: string; readonly way?: Way }
  /** dma_map / sync_for_device and dma_unmap / sync_for_cpu, on the variable's whole line or on the variable alone. */
  | { readonly do: "map" | "unmap"; readonly variable: string; readonly direction: Direction; readonly part?: boolean }
  /** arch_dma_prep_coherent() of the variable's line. */
  | { readonly do: "prep"; readonly variable: string }
  | { readonly do: "barrier"; readonly barrier: "dma_wmb" | "wmb" | "mb" }
  /** The doorbell, an MMIO write: `wait go` of the device waits for it. */
  | { readonly do: "go" }
  | { readonly do: "irq" }
  | { readonly do: "wait"; readonly for: "go" | "irq" };

export type Condition =
  | { readonly register: string; readonly is: number }
  | { readonly register: string; readonly isNot: number };

/** The test as a program. Its outcome's key is the registers' values: "own=1 desc=0". */
export function litmusProgram(test: LitmusTest): AgentProgram {
  return (port) => {
    const memory = new LitmusMemory(port, test);
    const agents = agentOrder.map((agent) => ({ agent, steps: test.agents[agent] ?? [], next: 0 }));
    const happened = new Set<"go" | "irq">();
    const registers = new Map<string, number>();
    for (;;) {
      const ready = agents.filter(({ steps, next }) => {
        const step = steps[next];
        return step !== undefined && (step.do !== "wait" || happened.has(step.for));
      });
      if (ready.length === 0) break;
      const turn = ready[ready.length === 1 ? 0 : port.choose(ready.length, "which agent goes next")] ?? ready[0];
      const step = turn?.steps[turn.next];
      if (turn === undefined || step === undefined) break;
      turn.next++;
      if (step.do === "wait") continue;
      port.beginStep({ agent: turn.agent, sentence: sentenceOf(turn.agent, step), code: codeOf(turn.agent, step) });
      run(port, memory, turn.agent, step, happened, registers);
    }
    const names = [...registers.keys()].sort();
    return {
      key: names.map((name) => `${name}=${registers.get(name) ?? 0}`).join(" "),
      harm: test.bad.every((condition) => {
        const value = registers.get(condition.register);
        return "is" in condition ? value === condition.is : value !== condition.isNot;
      }),
    };
  };
}

/** A step as a litmus table writes it: "W x=1", "map(from-device) x", "DR x". */
export function codeOf(agent: LitmusAgent, step: LitmusStep): string {
  switch (step.do) {
    case "write":
      return `${agent === "device" ? "DW" : "W"} ${step.variable}=${step.value}${wayText(step.way)}`;
    case "read":
      return `${agent === "device" ? "DR" : "R"} ${step.variable}${wayText(step.way)}`;
    case "map":
    case "unmap":
      return `${step.do}(${step.direction}) ${step.variable}${step.part === true ? " alone" : ""}`;
    case "prep":
      return `prep ${step.variable}`;
    case "barrier":
      return `${step.barrier}()`;
    case "go":
    case "irq":
      return step.do;
    case "wait":
      return `wait ${step.for}`;
  }
}

/** In natural runs the device acts as soon as it may. */
const agentOrder: readonly LitmusAgent[] = ["device", "cpu", "user"];
const variableBytes = 4;
const userSpace = 1;

function run(
  port: MachinePort,
  memory: LitmusMemory,
  agent: LitmusAgent,
  step: Exclude<LitmusStep, { do: "wait" }>,
  happened: Set<"go" | "irq">,
  registers: Map<string, number>,
): void {
  switch (step.do) {
    case "write": {
      const bytes = memory.bytes(step.value);
      if (agent === "device") port.perform({ kind: "dma-write", bus: memory.bus(step.variable), bytes });
      else port.perform({ kind: "store", agent, ...memory.reach(step.variable, step.way ?? "linear"), bytes });
      break;
    }
    case "read": {
      const action: AgentAction =
        agent === "device"
          ? { kind: "dma-read", bus: memory.bus(step.variable), size: variableBytes }
          : { kind: "load", agent, ...memory.reach(step.variable, step.way ?? "linear"), size: variableBytes };
      registers.set(step.register, memory.value(port.perform(action).bytes));
      break;
    }
    case "map":
    case "unmap": {
      const { virtual, size } = step.part === true ? memory.part(step.variable) : memory.line(step.variable);
      const to = step.do === "map" ? "device" : "cpu";
      for (const action of syncActions(port.model, to, step.direction, virtual, size)) port.perform(action);
      break;
    }
    case "prep": {
      const { virtual, size } = memory.line(step.variable);
      for (const action of prepActions(port.model, virtual, size)) port.perform(action);
      break;
    }
    case "barrier":
      port.perform({ kind: "barrier", barrier: step.barrier });
      break;
    case "go":
      port.perform({ kind: "barrier", barrier: "doorbell" });
      port.perform({ kind: "announce", from: "cpu" });
      port.tell({ kind: "device", agent: "cpu", sentence: "The CPU rings the device's doorbell.", action: "doorbell" });
      happened.add("go");
      break;
    case "irq":
      port.perform({ kind: "announce", from: "device" });
      port.tell({ kind: "device", agent: "device", sentence: "The device interrupts the CPU.", action: "interrupt" });
      happened.add("irq");
      break;
  }
}

/** The variables on a machine: one page of lines, and its aliases as the test's steps need them. */
class LitmusMemory {
  readonly #port: MachinePort;
  readonly #test: LitmusTest;
  readonly #base: number;
  readonly #aliases = new Map<Way, { readonly virtual: number; readonly space: number }>();

  constructor(port: MachinePort, test: LitmusTest) {
    this.#port = port;
    this.#test = test;
    const { board, model } = port;
    this.#base = board.allocatePages(model.pageBytes);
    for (const [name, { line, offset }] of Object.entries(test.variables)) {
      const at = this.#base + line * model.cache.lineBytes + offset;
      board.name({ id: name, name, kind: "variable", at, size: variableBytes });
    }
    for (const steps of Object.values(test.agents)) {
      for (const step of steps)
        if ((step.do === "write" || step.do === "read") && step.way !== undefined) this.#map(step.way);
    }
  }

  reach(variable: string, way: Way): { readonly virtual: number; readonly space: number } {
    const offset = this.#offset(variable);
    const alias = this.#aliases.get(way);
    if (alias !== undefined) return { virtual: alias.virtual + offset, space: alias.space };
    return { virtual: this.#port.board.linear(this.#base + offset), space: 0 };
  }

  bus(variable: string): number {
    return this.#base + this.#offset(variable) + this.#port.board.bus.offset;
  }

  line(variable: string): { readonly virtual: number; readonly size: number } {
    const { lineBytes } = this.#port.model.cache;
    const line = this.#test.variables[variable]?.line ?? 0;
    return { virtual: this.#port.board.linear(this.#base + line * lineBytes), size: lineBytes };
  }

  part(variable: string): { readonly virtual: number; readonly size: number } {
    return { virtual: this.#port.board.linear(this.#base + this.#offset(variable)), size: variableBytes };
  }

  bytes(value: number): Uint8Array {
    const bytes = new Uint8Array(variableBytes);
    new DataView(bytes.buffer).setUint32(0, value, this.#port.model.endian === "little");
    return bytes;
  }

  value(bytes: Uint8Array): number {
    if (bytes.length < variableBytes) return 0;
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, this.#port.model.endian === "little");
  }

  #offset(variable: string): number {
    const place = this.#test.variables[variable];
    return place === undefined ? 0 : place.line * this.#port.model.cache.lineBytes + place.offset;
  }

  #map(way: Way): void {
    if (way === "linear" || this.#aliases.has(way)) return;
    const { board, model } = this.#port;
    const size = model.pageBytes;
    const pages = coloursOf(model);
    const other = (board.linear(this.#base) / size + 1) % pages;
    const colour = way === "other-colour" ? { colour: ((other % pages) + pages) % pages, pages } : undefined;
    const isUser = way === "user-cached";
    const virtual = board.reserveVirtual(isUser ? "user" : "vmalloc", size, colour);
    const { protection } = model;
    const attribute = {
      uncached: protection.dmaCoherent,
      noncached: protection.noncached,
      "write-combine": protection.writeCombine,
      "user-cached": "write-back",
      "other-colour": "write-back",
    } as const;
    const space = isUser ? userSpace : 0;
    this.#port.perform({
      kind: "map",
      mapping: {
        id: way,
        name: "the variables",
        space,
        virtual,
        physical: this.#base,
        size,
        attribute: attribute[way],
        origin: `${way} alias`,
      },
    });
    this.#aliases.set(way, { virtual, space });
  }
}

function wayText(way: Way | undefined): string {
  return way === undefined || way === "linear" ? "" : ` ${way}`;
}

function sentenceOf(agent: LitmusAgent, step: LitmusStep): string {
  const who = { cpu: "CPU", user: "User", device: "Device" }[agent];
  return `${who}: ${codeOf(agent, step)}.`;
}
