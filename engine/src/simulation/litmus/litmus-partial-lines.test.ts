import { describe, expect, it } from "vitest";
import { type AgentProgram, type MachineModel, modelOf, syncActions } from "../../machine/index.ts";
import { platformById } from "../../platforms/index.ts";
import { exploreBeliefs } from "../explorer-belief.ts";
import type { LitmusSource } from "../../program/litmus/litmus-source.ts";
import { built, compare, location, type Step } from "../../testing/litmus-steps.ts";
import { litmusProgram } from "./litmus-program.ts";

function preset(id: string): MachineModel {
  const platform = platformById(id);
  const model = platform === undefined ? undefined : modelOf(platform);
  if (model === undefined) throw new Error(`no model of ${id}`);
  return model;
}

describe("partial lines", () => {
  /** x, four bytes, is received into; y lies `distance` bytes behind it in the same line. */
  const received = (distance: number, when: "before" | "during", lost: "x" | "y"): LitmusSource => {
    const touch: readonly Step[] = [{ do: "write", variable: "y", value: 5 }];
    const cpu: readonly Step[] = [
      ...(when === "before" ? touch : []),
      { do: "dma_map", variable: "x", direction: "from-device", part: true },
      { do: "doorbell" },
      ...(when === "during" ? ([{ do: "read", variable: "y", register: "first" }, ...touch] as const) : []),
      { do: "wait_for_interrupt" },
      { do: "dma_unmap", variable: "x", direction: "from-device", part: true },
      { do: "read", variable: "x", register: "x" },
      { do: "read", variable: "y", register: "y" },
    ];
    const device: readonly Step[] = [
      { do: "wait_for_doorbell" },
      { do: "write", variable: "x", value: 1 },
      { do: "interrupt" },
    ];
    const locations = [location("x", 0), location("y", 0, distance)];
    return built(locations, { cpu, device }, compare(lost, "!==", lost === "x" ? 1 : 5));
  };
  const near = 4;
  it.each([
    // y dirty before the mapping: is it lost?
    ["arm64-nc", near, "before", "y", "never"],
    ["cortex-a9", near, "before", "y", "never"],
    ["ppc440", near, "before", "y", "never"],
    ["arm1136-32k", near, "before", "y", "never"],
    ["mips24k", near, "before", "y", "sometimes"],
    ["sh4", near, "before", "y", "sometimes"],
    ["riscv-zicbom", near, "before", "y", "never"],
    // y written during the transfer: is the device's x lost?
    ["arm64-nc", near, "during", "x", "sometimes"],
    ["ppc440", near, "during", "x", "sometimes"],
    ["ppc440", 8, "during", "x", "never"],
    ["mips24k", near, "during", "x", "sometimes"],
    ["mips24k", 8, "during", "x", "sometimes"],
    ["riscv-zicbom", near, "during", "x", "sometimes"],
    // ... and is y?
    ["arm64-nc", near, "during", "y", "never"],
    ["ppc440", 8, "during", "y", "never"],
    ["mips24k", near, "during", "y", "never"],
    ["riscv-zicbom", near, "during", "y", "sometimes"],
  ] as const)("%s, y %i bytes behind and written %s: %s lost %s", (id, distance, when, lost, verdict) => {
    expect(exploreBeliefs(preset(id), litmusProgram(received(distance, when, lost))).verdict).toBe(verdict);
  });

  it("ColdFire drops every dirty line of the machine when it maps for receiving", () => {
    const program: AgentProgram = (port) => {
      const buffer = port.board.allocatePages(4096);
      const other = port.board.linear(port.board.allocatePages(4096));
      port.perform({ kind: "load", agent: "cpu", virtual: other, size: 1 });
      port.perform({ kind: "store", agent: "cpu", virtual: other, bytes: Uint8Array.of(3) });
      for (const action of syncActions(port.model, "device", "from-device", port.board.linear(buffer), 64))
        port.perform(action);
      const { stale } = port.perform({ kind: "load", agent: "cpu", virtual: other, size: 1 });
      return { key: stale ? "lost" : "kept", harm: stale };
    };
    expect(exploreBeliefs(preset("coldfire"), program).verdict).toBe("sometimes");
    expect(exploreBeliefs(preset("ppc440"), program).verdict).toBe("never");
  });
});
