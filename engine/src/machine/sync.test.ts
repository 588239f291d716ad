import { describe, expect, it } from "vitest";
import { platformById } from "../platforms/index.ts";
import { type Direction, type MachineModel, modelOf, prepActions, syncActions } from "./index.ts";

function preset(id: string): MachineModel {
  const platform = platformById(id);
  const model = platform === undefined ? undefined : modelOf(platform);
  if (model === undefined) throw new Error(`no model of ${id}`);
  return model;
}

/** "C 0+32, I 32+64": operations on [offset, offset + size) of a buffer that is mapped at offset 0 of line-aligned memory. */
function text(id: string, to: "device" | "cpu", direction: Direction, offset: number, size: number): string {
  const model = preset(id);
  const base = model.addresses.linearBase + 0x10000;
  const letters = { clean: "C", invalidate: "I", "clean-invalidate": "F" } as const;
  const shown = syncActions(model, to, direction, base + offset, size).map((action) => {
    if (action.kind === "maintain-all") return `all ${letters[action.operation]}`;
    if (action.kind !== "maintain") return action.kind;
    return `${letters[action.operation]} ${action.virtual - base}+${action.size}`;
  });
  return shown.length === 0 ? "-" : shown.join(", ");
}

describe("whole lines", () => {
  // platform, map to-device, from-device, bidirectional, unmap to-device, from-device, bidirectional
  it.each([
    ["x86_64", "- - -", "- - -"],
    ["arm64-coh", "- - -", "- - -"],
    ["arm926", "C I F", "- - -"],
    ["arm1136-32k", "C I C", "- I I"],
    ["cortex-a9", "C I C", "- I I"],
    ["arm64-nc", "C C C", "- I I"],
    ["ppc440", "C I F", "C I F"],
    ["mips24k", "F I F", "- - -"],
    ["sh4", "C I F", "- - -"],
    ["riscv-zicbom", "C C C", "- I I"],
    ["mips-r10000-ip28", "F I F", "- I I"],
    ["pa7300lc", "F F F", "F I F"],
  ])("%s maps %s and unmaps %s", (id, map, unmap) => {
    const row = (to: "device" | "cpu"): string =>
      (["to-device", "from-device", "bidirectional"] as const)
        .map((direction) => text(id, to, direction, 0, 128).replace(" 0+128", ""))
        .join(" ");
    expect([row("device"), row("cpu")]).toEqual([map, unmap]);
  });

  it("coldfire acts on the whole cache", () => {
    expect(text("coldfire", "device", "from-device", 0, 64)).toBe("all I");
    expect(text("coldfire", "device", "to-device", 0, 64)).toBe("all F");
    expect(text("coldfire", "cpu", "from-device", 0, 64)).toBe("-");
  });
});

describe("ends within a line", () => {
  it.each([
    // ARM926: both edge lines are cleaned, then all is invalidated.
    ["arm926", "device", 8, 80, "C 0+32, C 64+32, I 0+96"],
    ["arm926", "device", 8, 88, "C 0+32, I 0+96"],
    ["arm926", "device", 4, 8, "C 0+32, I 0+32"],
    // ARMv6: the first line is cleaned, the last one cleaned and invalidated.
    ["arm1136-32k", "cpu", 8, 80, "C 0+32, F 64+32, I 0+64"],
    ["arm1136-32k", "cpu", 4, 8, "C 0+32, F 0+32"],
    // ARMv7, arm64: both are cleaned and invalidated.
    ["cortex-a9", "cpu", 8, 80, "F 0+32, F 64+32, I 32+32"],
    ["arm64-nc", "cpu", 8, 8, "F 0+64"],
    ["arm64-nc", "cpu", 0, 72, "F 64+64, I 0+64"],
    // PowerPC: the whole range.
    ["ppc440", "cpu", 8, 80, "F 8+80"],
    ["ppc440", "cpu", 0, 72, "F 0+72"],
    // Nothing special: the neighbours go with the lines.
    ["mips24k", "device", 8, 8, "I 0+32"],
    ["sh4", "device", 8, 30, "I 0+64"],
    ["riscv-zicbom", "cpu", 8, 8, "I 0+64"],
  ] as const)("%s, passing to the %s, %i+%i: %s", (id, to, offset, size, expected) => {
    expect(text(id, to, "from-device", offset, size)).toBe(expected);
  });

  it("nothing is done for nothing", () => {
    expect(text("arm926", "device", "from-device", 8, 0)).toBe("-");
  });
});

describe("arch_dma_prep_coherent()", () => {
  it.each([
    ["arm64-nc", "clean"],
    ["arm926", "clean-invalidate"],
    ["ppc440", "clean-invalidate"],
    ["x86_64", undefined],
  ])("%s: %s", (id, operation) => {
    const [action] = prepActions(preset(id), preset(id).addresses.linearBase, 4096);
    expect(action?.kind === "maintain" ? action.operation : undefined).toBe(operation);
  });
});
