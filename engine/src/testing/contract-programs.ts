/**
 * Programs that keep the DMA API's contract, made of transfers, and the ways to break it by one step. A program knows what each of its
 * reads must see, so its bad condition is any other value.
 */
import type { LitmusExpression, LitmusSource } from "../program/litmus/litmus-source.ts";
import { both, built, compare, either, location, type Step } from "./litmus-steps.ts";

/** One transfer, as numbers and flags that a generator can draw. */
export interface Transfer {
  readonly kind: "send" | "receive" | "both" | "descriptor" | "hand-over";
  readonly buffer: 0 | 1;
  /** Mapped DMA_BIDIRECTIONAL where one direction would do. */
  readonly bidirectional: boolean;
  /** Once more while mapped, between the syncs. */
  readonly again: boolean;
  /** The CPU stores to, or reads, the buffer before it is mapped. */
  readonly before: "nothing" | "store" | "load";
  /** What the CPU does elsewhere while the device works. */
  readonly meanwhile: "nothing" | "store" | "load";
}

/** A single step that the contract wants and that is missing or wrong. */
export const breaks = [
  "no map before sending",
  "no map before receiving",
  "no unmap after receiving",
  "store after mapping for the device",
  "no sync for the device before sending again",
  "direction of receiving mapped to the device",
  "direction of sending mapped from the device",
  "read before the interrupt",
  "no barrier between descriptor and owner",
  "relaxed doorbell behind coherent memory",
  "neighbour stored to in a buffer's line",
  "sync for the device where the CPU's is meant",
  "read while the device writes",
] as const;
export type Break = (typeof breaks)[number];

/** Which transfers a break can be made in. */
export function breakable(broken: Break, { kind, again }: Transfer): boolean {
  switch (broken) {
    case "no map before sending":
    case "store after mapping for the device":
    case "direction of sending mapped from the device":
      return kind === "send";
    case "no sync for the device before sending again":
      return kind === "send" && again;
    case "no map before receiving":
    case "no unmap after receiving":
    case "direction of receiving mapped to the device":
    case "read before the interrupt":
    case "neighbour stored to in a buffer's line":
    case "sync for the device where the CPU's is meant":
    case "read while the device writes":
      return kind === "receive" && !again;
    case "no barrier between descriptor and owner":
      return kind === "hand-over";
    case "relaxed doorbell behind coherent memory":
      return kind === "descriptor";
  }
}

/** The transfers one after the other; the one at `at` breaks the contract in that way. */
export function contractProgram(
  transfers: readonly Transfer[],
  broken?: { readonly at: number; readonly how: Break },
): LitmusSource {
  const writer = new ProgramWriter();
  transfers.forEach((transfer, index) => writer.write(transfer, broken?.at === index ? broken.how : undefined));
  return writer.source();
}

const buffers = ["x", "y"] as const;

class ProgramWriter {
  readonly #cpu: Step[] = [];
  readonly #device: Step[] = [];
  readonly #wrong: LitmusExpression[] = [];
  #values = 0;
  #registers = 0;
  #owners = 0;

  write(transfer: Transfer, broken: Break | undefined): void {
    if (transfer.kind === "descriptor" || transfer.kind === "hand-over") this.#coherent(transfer, broken);
    else this.#streaming(transfer, broken);
  }

  source(): LitmusSource {
    const locations = [
      location("x", 0),
      location("xn", 0, 4),
      location("y", 1),
      location("spare", 2),
      location("desc", 3, 0, "coherent"),
      location("status", 4, 0, "coherent"),
      ...Array.from({ length: this.#owners }, (_, index) => location(`own${index}`, 5 + index, 0, "coherent")),
    ];
    const bad = this.#wrong.reduce((left, right) => either(left, right), compare("never", "===", 1));
    const test = built(locations, { cpu: this.#cpu, device: this.#device }, bad);
    return { ...test, registers: [...test.registers, { name: "never", initial: 0 }] };
  }

  #streaming({ kind, buffer, bidirectional, again, before, meanwhile }: Transfer, broken: Break | undefined): void {
    const variable = buffers[buffer];
    const natural = kind === "send" ? "to-device" : kind === "receive" ? "from-device" : "bidirectional";
    const isTurned =
      broken === "direction of receiving mapped to the device" ||
      broken === "direction of sending mapped from the device";
    const direction = isTurned
      ? kind === "send"
        ? "from-device"
        : "to-device"
      : bidirectional
        ? "bidirectional"
        : natural;
    const part = broken === "neighbour stored to in a buffer's line";
    const pass = (name: "dma_map" | "dma_unmap" | "dma_sync_for_device" | "dma_sync_for_cpu"): void => {
      this.#cpu.push({ do: name, variable: part ? "x" : variable, direction, part });
    };
    // A line that is dirty shows most of what goes wrong; a break is made where it is.
    if (before === "store" || (broken !== undefined && kind === "receive" && !part)) this.#store(variable);
    if (before === "load") this.#cpu.push({ do: "read", variable, register: this.#register() });
    let value = kind === "receive" ? 0 : this.#store(variable);
    if (broken !== "no map before sending" && broken !== "no map before receiving") pass("dma_map");
    if (broken === "store after mapping for the device") value = this.#store(variable);
    for (let round = 0; ; round++) {
      const isLast = round === 1 || !again;
      this.#cpu.push({ do: "doorbell" });
      this.#device.push({ do: "wait_for_doorbell" });
      if (kind !== "receive") this.#expect(this.#device, variable, value);
      if (kind !== "send") {
        value = this.#next();
        this.#device.push({ do: "write", variable: part ? "x" : variable, value });
      }
      this.#device.push({ do: "interrupt" });
      if (part) {
        this.#cpu.push({ do: "read", variable: "xn", register: this.#register() });
        this.#store("xn");
      }
      if (broken === "read while the device writes")
        this.#cpu.push({ do: "read", variable, register: this.#register() });
      this.#elsewhere(meanwhile);
      if (broken !== "read before the interrupt") this.#cpu.push({ do: "wait_for_interrupt" });
      if (broken === "sync for the device where the CPU's is meant") pass("dma_sync_for_device");
      else if (broken !== "no unmap after receiving") pass(isLast ? "dma_unmap" : "dma_sync_for_cpu");
      if (kind !== "send") this.#expect(this.#cpu, part ? "x" : variable, value);
      if (isLast) return;
      if (kind !== "receive") value = this.#store(variable);
      if (broken !== "no sync for the device before sending again") pass("dma_sync_for_device");
    }
  }

  #coherent({ kind, meanwhile }: Transfer, broken: Break | undefined): void {
    const value = this.#store("desc");
    if (kind === "descriptor") {
      this.#cpu.push({ do: broken === undefined ? "doorbell" : "doorbell_relaxed" });
      this.#device.push({ do: "wait_for_doorbell" });
      this.#expect(this.#device, "desc", value);
    } else {
      // The device looks at the owner's word whenever it likes, and takes what is behind it only then.
      const own = `own${this.#owners++}`;
      if (broken === undefined) this.#cpu.push({ do: "dma_wmb" });
      this.#cpu.push({ do: "write", variable: own, value: 1 });
      const saw = this.#register();
      this.#device.push({ do: "read", variable: own, register: saw });
      const seen = this.#register();
      this.#device.push({ do: "read", variable: "desc", register: seen });
      this.#wrong.push(both(compare(saw, "===", 1), compare(seen, "!==", value)));
      this.#cpu.push({ do: "doorbell" });
      this.#device.push({ do: "wait_for_doorbell" });
    }
    const status = this.#next();
    this.#device.push({ do: "write", variable: "status", value: status }, { do: "interrupt" });
    this.#elsewhere(meanwhile);
    this.#cpu.push({ do: "wait_for_interrupt" });
    this.#expect(this.#cpu, "status", status);
  }

  #elsewhere(what: Transfer["meanwhile"]): void {
    if (what === "store") this.#store("spare");
    if (what === "load") this.#cpu.push({ do: "read", variable: "spare", register: this.#register() });
  }

  #store(variable: string): number {
    const value = this.#next();
    this.#cpu.push({ do: "write", variable, value });
    return value;
  }

  #expect(agent: Step[], variable: string, value: number): void {
    const register = this.#register();
    agent.push({ do: "read", variable, register });
    this.#wrong.push(compare(register, "!==", value));
  }

  #register(): string {
    return `r${String(this.#registers++)}`;
  }

  #next(): number {
    return ++this.#values;
  }
}
