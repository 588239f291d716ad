/**
 * A litmus test as an agent program: its functions are interpreted step by step, side by side, on any machine and under any engine.
 * The order of the agents is a choice of the run; what the caches do in between is the environment's.
 */
import type { AgentProgram, MachinePort } from "../../machine/action.ts";
import type {
  LitmusAgentName,
  LitmusExpression,
  LitmusOperation,
  LitmusPlace,
  LitmusSource,
  LitmusStatement,
} from "../../program/litmus/litmus-source.ts";
import { SourceText } from "../../text/source.ts";
import type { Span } from "../../text/span.ts";
import type { TraceRange } from "../../trace/trace.ts";
import { LitmusMemory } from "./litmus-memory.ts";
import { binary, placesOf } from "./litmus-expressions.ts";

export interface LitmusRunOptions {
  /** Rounds of one loop in a run; beyond, the run is broken off. Default: 3. */
  readonly rounds?: number;
  /** Streaming mappings go through bounce buffers. */
  readonly bounces?: boolean;
}

/** Rounds of a loop that are tried unless others are asked for. */
export const defaultRounds = 3;

/** The test as a program. Its outcome's key is the registers' values in the order of the file: "own=1 desc=0". */
export function litmusProgram(source: LitmusSource, options: LitmusRunOptions = {}): AgentProgram {
  const text = new SourceText(source.file, source.text);
  return (port) => new LitmusRun(port, source, text, options).run();
}

/** What an agent asks for before it goes on: its turn, or that something has happened. */
type Turn = "act" | "doorbell" | "interrupt";

interface RunningAgent {
  readonly name: LitmusAgentName;
  steps: Generator<Turn, Flow, void>;
  /** Undefined: the agent has ended. */
  next: Turn | undefined;
  /** Events that it has waited for already. */
  readonly met: { doorbell: number; interrupt: number };
  readonly locals: Map<string, number>;
  /** Steps taken and values read: with them all that the agent will do is decided. */
  taken: number;
  read: string;
}

/** How a block ended. */
type Flow = "on" | "break" | "continue" | "return";

/** A loop went round too often. */
class Cut extends Error {}

/** In natural runs the device acts as soon as it may. */
const agentOrder: readonly LitmusAgentName[] = ["device", "cpu", "user"];

class LitmusRun {
  readonly #port: MachinePort;
  readonly #source: LitmusSource;
  readonly #text: SourceText;
  readonly #memory: LitmusMemory;
  readonly #rounds: number;
  readonly #registers: Map<string, number>;
  readonly #happened = { doorbell: 0, interrupt: 0 };
  #faulted = false;

  constructor(port: MachinePort, source: LitmusSource, text: SourceText, options: LitmusRunOptions) {
    this.#port = port;
    this.#source = source;
    this.#text = text;
    this.#rounds = options.rounds ?? defaultRounds;
    this.#memory = new LitmusMemory(port, source, options.bounces ?? false);
    this.#registers = new Map(source.registers.map(({ name, initial }) => [name, initial]));
    for (const { name, body } of source.agents) for (const place of placesOf(body)) this.#memory.prepare(name, place);
  }

  run(): ReturnType<AgentProgram> {
    const agents = agentOrder.flatMap((name): RunningAgent[] => {
      const found = this.#source.agents.find((agent) => agent.name === name);
      return found === undefined ? [] : [this.#start(name, found.body)];
    });
    try {
      for (const agent of agents) this.#advance(agent);
      for (;;) {
        for (const agent of agents) this.#meet(agent);
        const ready = agents.filter((agent) => agent.next === "act");
        if (ready.length === 0) break;
        const index =
          ready.length === 1 ? 0 : this.#port.choose(ready.length, "which agent goes next", this.#state(agents));
        const turn = ready[index] ?? ready[0];
        if (turn !== undefined) this.#advance(turn);
      }
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      return { key: "", harm: false, cut: true };
    }
    const waiting = agents.filter((agent) => agent.next !== undefined);
    const values = [...this.#registers].map(([name, value]) => `${name}=${value}`);
    const faults = this.#faulted ? ["a fault"] : [];
    if (waiting.length > 0) {
      const blocked = waiting.map(
        ({ name, next }) => `${name} waits for ${next === "interrupt" ? "an interrupt" : "a doorbell"}`,
      );
      return { key: [...values, ...faults, ...blocked].join(" "), harm: false };
    }
    return { key: [...values, ...faults].join(" "), harm: this.#judge(this.#source.bad) !== 0 };
  }

  #start(name: LitmusAgentName, body: readonly LitmusStatement[]): RunningAgent {
    const agent = newAgent(name);
    agent.steps = this.#statements(agent, body);
    return agent;
  }

  /** Runs the agent up to its next step. */
  #advance(agent: RunningAgent): void {
    const step = agent.steps.next();
    agent.next = step.done === true ? undefined : step.value;
    agent.taken++;
  }

  /** What an agent waits for and has happened it passes at once: nobody can tell when. */
  #meet(agent: RunningAgent): void {
    while (agent.next === "doorbell" || agent.next === "interrupt") {
      const event = agent.next;
      if (agent.met[event] >= this.#happened[event]) return;
      agent.met[event]++;
      this.#advance(agent);
    }
  }

  /** Everything but the machine. */
  #state(agents: readonly RunningAgent[]): string {
    const { doorbell, interrupt } = this.#happened;
    return `${agents.map(({ taken, read }) => `${taken}:${read}`).join(" ")} ${doorbell} ${interrupt} ${Number(this.#faulted)}`;
  }

  *#statements(agent: RunningAgent, statements: readonly LitmusStatement[]): Generator<Turn, Flow, void> {
    for (const statement of statements) {
      switch (statement.kind) {
        case "set": {
          const value = yield* this.#evaluate(agent, statement.value, statement);
          if (this.#registers.has(statement.name)) this.#registers.set(statement.name, value);
          else agent.locals.set(statement.name, value);
          break;
        }
        case "store": {
          const value = yield* this.#evaluate(agent, statement.value, statement);
          yield "act";
          this.#begin(agent.name, statement);
          if (this.#memory.store(agent.name, statement.place, value)) this.#faulted = true;
          break;
        }
        case "do":
          yield* this.#operate(agent, statement.operation, statement);
          break;
        case "if": {
          const holds = yield* this.#evaluate(agent, statement.condition, statement.condition);
          const flow = yield* this.#statements(agent, holds === 0 ? statement.otherwise : statement.then);
          if (flow !== "on") return flow;
          break;
        }
        case "while":
          for (let round = 0; ; round++) {
            const holds = yield* this.#evaluate(agent, statement.condition, statement.condition);
            if (holds === 0) break;
            if (round >= this.#rounds) throw new Cut();
            const flow = yield* this.#statements(agent, statement.body);
            if (flow === "return") return flow;
            if (flow === "break") break;
          }
          break;
        case "break":
        case "continue":
        case "return":
          return statement.kind;
      }
    }
    return "on";
  }

  *#operate(agent: RunningAgent, operation: LitmusOperation, span: Span): Generator<Turn, void, void> {
    if (operation.name === "wait_for_doorbell" || operation.name === "wait_for_interrupt") {
      yield operation.name === "wait_for_doorbell" ? "doorbell" : "interrupt";
      return;
    }
    yield "act";
    this.#begin(agent.name, span);
    switch (operation.name) {
      case "dma_map":
      case "dma_unmap":
      case "dma_sync_for_device":
      case "dma_sync_for_cpu":
        this.#memory.pass(operation.name, operation.place, operation.direction);
        break;
      case "arch_dma_prep_coherent":
        this.#memory.prep(operation.place);
        break;
      case "flush_dcache_page":
        this.#memory.flush(operation.place);
        break;
      case "dma_wmb":
      case "wmb":
      case "mb":
        this.#port.perform({ kind: "barrier", barrier: operation.name });
        break;
      case "doorbell":
      case "doorbell_relaxed":
        this.#port.perform({
          kind: "barrier",
          barrier: operation.name === "doorbell" ? "doorbell" : "relaxed-doorbell",
        });
        this.#port.perform({ kind: "announce", from: "cpu" });
        this.#port.tell({
          kind: "device",
          agent: agent.name,
          sentence: "The CPU rings the device's doorbell.",
          action: "doorbell",
        });
        this.#happened.doorbell++;
        break;
      case "interrupt":
        this.#port.perform({ kind: "announce", from: "device" });
        this.#port.tell({
          kind: "device",
          agent: agent.name,
          sentence: "The device interrupts the CPU.",
          action: "interrupt",
        });
        this.#happened.interrupt++;
        break;
    }
  }

  *#evaluate(agent: RunningAgent, expression: LitmusExpression, step: Span): Generator<Turn, number, void> {
    switch (expression.kind) {
      case "number":
        return expression.value;
      case "name":
        return agent.locals.get(expression.name) ?? this.#registers.get(expression.name) ?? 0;
      case "load":
        yield "act";
        this.#begin(agent.name, step);
        return this.#load(agent, expression.place);
      case "not":
        return (yield* this.#evaluate(agent, expression.of, step)) === 0 ? 1 : 0;
      case "negative":
        return -(yield* this.#evaluate(agent, expression.of, step)) >>> 0;
      case "complement":
        return ~(yield* this.#evaluate(agent, expression.of, step)) >>> 0;
      case "faulted":
        return this.#faulted ? 1 : 0;
      case "binary": {
        const left = yield* this.#evaluate(agent, expression.left, step);
        if (expression.operator === "&&" && left === 0) return 0;
        if (expression.operator === "||" && left !== 0) return left;
        return binary(expression.operator, left, yield* this.#evaluate(agent, expression.right, step));
      }
    }
  }

  /** `bad()` touches no memory: it runs to its end at once. */
  #judge(condition: LitmusExpression): number {
    for (const steps = this.#evaluate(newAgent("cpu"), condition, condition); ; ) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  #load(agent: RunningAgent, place: LitmusPlace): number {
    const { value, fault } = this.#memory.load(agent.name, place);
    agent.read += `${value},`;
    if (fault) this.#faulted = true;
    return value;
  }

  #begin(agent: LitmusAgentName, span: Span): void {
    if (!this.#port.recording) return;
    const code = this.#source.text.slice(span.start, span.end).replace(/\s+/g, " ");
    const who = { cpu: "CPU", user: "User", device: "Device" }[agent];
    this.#port.beginStep({ agent, sentence: `${who}: ${code}.`, code, function: agent, source: this.#range(span) });
  }

  #range(span: Span): TraceRange {
    const start = this.#text.positionAt(span.start);
    const end = this.#text.positionAt(span.end);
    return {
      file: this.#source.file,
      line: start.line,
      column: start.column,
      endLine: end.line,
      endColumn: end.column,
    };
  }
}

function newAgent(name: LitmusAgentName): RunningAgent {
  const met = { doorbell: 0, interrupt: 0 };
  return { name, steps: nothing(), next: undefined, met, locals: new Map(), taken: 0, read: "" };
}

function* nothing(): Generator<Turn, Flow, void> {
  return "on";
}
