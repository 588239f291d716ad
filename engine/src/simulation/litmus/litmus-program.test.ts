import { describe, expect, it } from "vitest";
import { readSource } from "../../testing/node/litmus-library.ts";
import { type LitmusMachine, litmusMachine } from "./litmus-machine.ts";
import { exploreLitmus, litmusTrace, litmusVerdict, replayLitmus } from "./litmus-verdicts.ts";

function machine(id: string): LitmusMachine {
  const found = litmusMachine(id);
  if (typeof found === "string") throw new Error(found);
  return found;
}

const test = (body: string): ReturnType<typeof readSource> =>
  readSource("t.ts", `import { location } from "dma-lens/litmus";\n${body}`);
const states = (body: string, id = "x86_64", rounds = 3): readonly string[] =>
  litmusVerdict(test(body), machine(id), { rounds }).outcomes.map(({ state, bad }) => `${state}${bad ? " bad" : ""}`);
const bad = "function bad() { return false; }";

describe("expressions", () => {
  it.each([
    ["7 - 9", 4294967294],
    ["-1", 4294967295],
    ["~0", 4294967295],
    ["3000000000 + 3000000000", 1705032704],
    ["65536 * 65537", 65536],
    ["1 << 31", 2147483648],
    ["1 << 32", 0],
    ["2147483648 >> 31", 1],
    ["5 & 6 | 8 ^ 1", 13],
    ["3 < 4 && 4 <= 4 && 5 > 4 && 5 >= 5", 1],
    ["0 || 3", 3],
    ["2 && 0", 0],
    ["!0 + !5", 1],
    ["1 == 1", 1],
    ["1 != 1", 0],
    ["true", 1],
  ])("%s is %i", (expression, value) => {
    expect(states(`let r = 0; function cpu() { r = ${expression}; } ${bad}`)).toEqual([`r=${value}`]);
  });
});

describe("control flow", () => {
  it("branches, loops, breaks and returns", () => {
    const body = `const x = location(); let r = 0; let n = 0;
function cpu() {
  while (true) { n = n + 1; if (n === 2) continue; if (n > 2) break; x.value = 5; }
  if (x.value === 5) { const twice = x.value * 2; r = twice; return; } else r = 1;
  r = 99;
} ${bad}`;
    expect(states(body)).toEqual(["r=10 n=3"]);
  });

  it("follows what is read, whatever it is", () => {
    const body = `const x = location(); let r = 0;
function device() { x.value = 1; }
function cpu() { if (x.value === 1) r = 1; else r = 2; }
function bad() { return r === 2; }`;
    expect(states(body)).toEqual(["r=1", "r=2 bad"]);
  });

  it("does not know what a loop comes to that may go on", () => {
    const body = `const flag = location(); let r = 0;
function device() { flag.value = 1; }
function cpu() { while (flag.value !== 1) {} r = 1; }`;
    const never = test(`${body} function bad() { return r === 0; }`);
    expect(litmusVerdict(never, machine("x86_64"))).toMatchObject({
      verdict: "unknown",
      note: "a loop went round more than 3 times",
      outcomes: [{ state: "r=1", bad: false }],
    });
    // What was seen is certain all the same.
    const seen = test(`const y = location(); let s = 0; ${body.replace("r = 1; }", "r = 1; s = y.value; }")}
function user() { y.value = 1; } function bad() { return s === 1; }`);
    expect(litmusVerdict(seen, machine("x86_64")).verdict).toBe("sometimes");
    expect(exploreLitmus(never, machine("x86_64"), "search")).toMatchObject({
      verdict: "unknown",
      cut: true,
      complete: false,
    });
  });

  it("knows what a loop comes to that ends within its rounds", () => {
    const body = `let n = 0; function cpu() { while (n < 4) n = n + 1; } function bad() { return n !== 4; }`;
    expect(litmusVerdict(test(body), machine("x86_64"), { rounds: 4 }).verdict).toBe("never");
    expect(litmusVerdict(test(body), machine("x86_64"), { rounds: 3 }).verdict).toBe("unknown");
  });
});

describe("waiting", () => {
  it("is for the next doorbell or interrupt, each by itself", () => {
    const body = `const x = location(); let a = 0; let b = 0;
function cpu() { x.value = 1; doorbell(); wait_for_interrupt(); x.value = 2; doorbell(); }
function device() { wait_for_doorbell(); a = x.value; interrupt(); wait_for_doorbell(); b = x.value; } ${bad}`;
    expect(states(body)).toEqual(["a=1 b=2"]);
  });

  it("for ever is an outcome that is never bad", () => {
    const body = `let a = 0; function device() { wait_for_doorbell(); wait_for_doorbell(); a = 1; }
function cpu() { doorbell(); } function bad() { return a === 0; }`;
    expect(states(body)).toEqual(["a=0 device waits for a doorbell"]);
  });
});

describe("variants of machines", () => {
  const late = `const x = location(); let r = 0;
function cpu() { x.value = 3; dma_map(x, DMA_TO_DEVICE); x.value = 4; dma_sync_for_device(x, DMA_TO_DEVICE); doorbell(); }
function device() { wait_for_doorbell(); r = x.value; } function bad() { return r !== 4; }`;
  const unsynced = late.replace("dma_sync_for_device(x, DMA_TO_DEVICE); ", "");

  it("copy through bounce buffers: what is not synced the device never sees", () => {
    expect(states(unsynced, "x86_64")).toEqual(["r=4"]);
    expect(states(unsynced, "x86_64+swiotlb")).toEqual(["r=3 bad"]);
    expect(states(late, "x86_64+swiotlb")).toEqual(["r=4"]);
    expect(states(late, "arm64-nc+swiotlb")).toEqual(["r=4"]);
  });

  it("copy back what the device did not write: the bytes that were mapped", () => {
    const body = `const x = location(); const y = beside(x); let r = 0; let s = 0;
function cpu() { y.value = 5; dma_map(x, DMA_FROM_DEVICE); doorbell(); wait_for_interrupt(); dma_unmap(x, DMA_FROM_DEVICE); r = x.value; s = y.value; }
function device() { wait_for_doorbell(); x.value = 1; interrupt(); } ${bad}`;
    // swiotlb_tbl_map_single() copies the original into the buffer whatever the direction.
    expect(states(body, "arm64-nc+swiotlb")).toEqual(["r=1 s=5"]);
  });

  it("refuse through an IOMMU what is not mapped, and let through what is", () => {
    const received = `const x = location(); let r = 0;
function cpu() { dma_map(x, DMA_FROM_DEVICE); doorbell(); wait_for_interrupt(); dma_unmap(x, DMA_FROM_DEVICE); r = x.value; }
function device() { wait_for_doorbell(); x.value = 1; interrupt(); } function bad() { return r !== 1; }`;
    expect(states(received, "x86_64+iommu")).toEqual(["r=1"]);
    expect(states(received.replace("dma_map(x, DMA_FROM_DEVICE); ", ""), "x86_64+iommu")).toEqual(["r=0 a fault bad"]);
  });

  it.each([
    ["arm927", 'there is no platform "arm927"'],
    ["arm926+iommu", /has no variant "\+iommu"/],
    ["arm926+nospec", /has no variant "\+nospec"/],
  ])("are refused where there is none: %s", (id, why) => {
    expect(litmusMachine(id)).toMatch(why);
  });
});

describe("a schedule of a litmus test", () => {
  const source = test(`const x = location(); let r = 0;
function cpu() {
  dma_map(x, DMA_FROM_DEVICE);
  doorbell();
  wait_for_interrupt();
  r = x.value;
}
function device() { wait_for_doorbell(); x.value = 1; interrupt(); }
function bad() { return r !== 1; }`);
  const on = machine("cortex-a9");

  it("makes a trace that points into the file", () => {
    const schedule = litmusVerdict(source, on).outcomes.find((one) => one.bad)?.schedule ?? "";
    const trace = litmusTrace(source, on, schedule, "test");
    expect(trace).toMatchObject({ verdict: "sometimes", schedule, outcome: { kind: "harm" }, version: 1 });
    const steps = (trace?.events ?? []).flatMap((event) =>
      event.kind === "step" && event.code ? [[event.agent, event.code, event.source?.line]] : [],
    );
    expect(steps.slice(0, 2)).toEqual([
      ["cpu", "dma_map(x, DMA_FROM_DEVICE)", 4],
      ["cpu", "doorbell()", 5],
    ]);
    expect(trace?.events.some((event) => event.kind === "load" && event.stale)).toBe(true);
    expect(JSON.stringify(litmusTrace(source, on, schedule, "test"))).toBe(JSON.stringify(trace));
  });

  it("is refused where it is none, and told from one that does not fit", () => {
    expect(litmusTrace(source, on, "nonsense", "test")).toBeUndefined();
    expect(litmusTrace(source, on, "9999:evict(80100000)", "test")).toBeUndefined();
    expect(replayLitmus(source, on, "9999:evict(80100000)")?.faithful).toBe(false);
  });
});
