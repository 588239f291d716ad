/** The litmus tests of streaming and coherent DMA: what each platform may do to the smallest correct and incorrect drivers. */
import type { LitmusStep, LitmusTest, Way } from "./litmus.ts";

const oneLine = { x: { line: 0, offset: 0 } };
/** In one line, and in one dirty granule of every modelled cache. */
const shared = { x: { line: 0, offset: 0 }, y: { line: 0, offset: 4 } };
const twoLines = { desc: { line: 0, offset: 0 }, own: { line: 1, offset: 0 } };

const w = (variable: string, value: number, way?: Way): LitmusStep => ({
  do: "write",
  variable,
  value,
  ...(way ? { way } : {}),
});
const r = (variable: string, register: string, way?: Way): LitmusStep => ({
  do: "read",
  variable,
  register,
  ...(way ? { way } : {}),
});
const map = (direction: "to-device" | "from-device", part = false): LitmusStep => ({
  do: "map",
  variable: "x",
  direction,
  part,
});
const unmap = (direction: "to-device" | "from-device", part = false): LitmusStep => ({
  do: "unmap",
  variable: "x",
  direction,
  part,
});
const go: LitmusStep = { do: "go" };
const irq: LitmusStep = { do: "irq" };
const waitGo: LitmusStep = { do: "wait", for: "go" };
const waitIrq: LitmusStep = { do: "wait", for: "irq" };
const deviceReads: readonly LitmusStep[] = [waitGo, r("x", "seen")];
const deviceWrites: readonly LitmusStep[] = [waitGo, w("x", 1), irq];

const partDuring = {
  variables: shared,
  agents: {
    cpu: [
      map("from-device", true),
      go,
      r("y", "before"),
      w("y", 5),
      waitIrq,
      unmap("from-device", true),
      r("x", "x"),
      r("y", "y"),
    ],
    device: deviceWrites,
  },
};

const descriptor = (barrier: readonly LitmusStep[], way: Way): Pick<LitmusTest, "variables" | "agents" | "bad"> => ({
  variables: twoLines,
  agents: {
    cpu: [w("desc", 1, way), ...barrier, w("own", 1, way)],
    device: [r("own", "own"), r("desc", "desc")],
  },
  bad: [
    { register: "own", is: 1 },
    { register: "desc", isNot: 1 },
  ],
});

export const litmusTests: readonly LitmusTest[] = [
  {
    id: "TXnomap",
    about: "A buffer is sent without dma_map_single().",
    variables: oneLine,
    agents: { cpu: [w("x", 1), go], device: deviceReads },
    bad: [{ register: "seen", isNot: 1 }],
  },
  {
    id: "TXmap",
    about: "A buffer is written, mapped, sent.",
    variables: oneLine,
    agents: { cpu: [w("x", 1), map("to-device"), go], device: deviceReads },
    bad: [{ register: "seen", isNot: 1 }],
  },
  {
    id: "TXlate",
    about: "A buffer is changed after it was mapped.",
    variables: oneLine,
    agents: { cpu: [w("x", 1), map("to-device"), w("x", 2), go], device: deviceReads },
    bad: [{ register: "seen", isNot: 2 }],
  },
  {
    id: "RXok",
    about: "A buffer is mapped, received into, unmapped, read.",
    variables: oneLine,
    agents: {
      cpu: [w("x", 9), map("from-device"), go, waitIrq, unmap("from-device"), r("x", "x")],
      device: deviceWrites,
    },
    bad: [{ register: "x", isNot: 1 }],
  },
  {
    id: "RXnounmap",
    about: "A received buffer is read without dma_unmap_single() or dma_sync_single_for_cpu().",
    variables: oneLine,
    agents: { cpu: [w("x", 9), map("from-device"), go, waitIrq, r("x", "x")], device: deviceWrites },
    bad: [{ register: "x", isNot: 1 }],
  },
  {
    id: "RXnomap",
    about: "A buffer is received into without dma_map_single().",
    variables: oneLine,
    agents: { cpu: [w("x", 9), go, waitIrq, unmap("from-device"), r("x", "x")], device: deviceWrites },
    bad: [{ register: "x", isNot: 1 }],
  },
  {
    id: "RXpeek",
    about: "The CPU peeks into a buffer while the device owns it.",
    variables: oneLine,
    agents: {
      cpu: [map("from-device"), go, r("x", "peek"), waitIrq, unmap("from-device"), r("x", "x")],
      device: deviceWrites,
    },
    bad: [{ register: "x", isNot: 1 }],
  },
  {
    id: "PARTdev",
    about: "A neighbour in the buffer's line is used during the transfer: the device's data is lost.",
    ...partDuring,
    bad: [{ register: "x", isNot: 1 }],
  },
  {
    id: "PARTcpu",
    about: "A neighbour in the buffer's line is used during the transfer: the neighbour's value is lost.",
    ...partDuring,
    bad: [{ register: "y", isNot: 5 }],
  },
  {
    id: "PARTpre",
    about: "A neighbour in the buffer's line was written before the mapping: its value is lost.",
    variables: shared,
    agents: {
      cpu: [w("y", 5), map("from-device", true), go, waitIrq, unmap("from-device", true), r("x", "x"), r("y", "y")],
      device: deviceWrites,
    },
    bad: [{ register: "y", isNot: 5 }],
  },
  {
    id: "COHprep",
    about: "A page with dirty lines becomes coherent memory, its lines cleaned first.",
    variables: oneLine,
    agents: { cpu: [w("x", 9), { do: "prep", variable: "x" }, w("x", 1, "uncached"), go], device: deviceReads },
    bad: [{ register: "seen", isNot: 1 }],
  },
  {
    id: "COHnoprep",
    about: "A page with dirty lines becomes coherent memory as it is.",
    variables: oneLine,
    agents: { cpu: [w("x", 9), w("x", 1, "uncached"), go], device: deviceReads },
    bad: [{ register: "seen", isNot: 1 }],
  },
  {
    id: "MMAPcached",
    about: "Coherent memory is mapped cached to a user, who reads what the device wrote.",
    variables: oneLine,
    agents: {
      user: [r("x", "first", "user-cached"), go, waitIrq, r("x", "x", "user-cached")],
      device: deviceWrites,
    },
    bad: [{ register: "x", isNot: 1 }],
  },
  {
    id: "MMAPunc",
    about: "Coherent memory is mapped uncached to a user.",
    variables: oneLine,
    agents: {
      cpu: [r("x", "first", "noncached"), go, waitIrq, r("x", "x", "noncached")],
      device: deviceWrites,
    },
    bad: [{ register: "x", isNot: 1 }],
  },
  {
    id: "ALIAS",
    about: "One page is used through two virtual colours.",
    variables: oneLine,
    agents: { cpu: [r("x", "first", "other-colour"), w("x", 1), r("x", "x", "other-colour")] },
    bad: [{ register: "x", isNot: 1 }],
  },
  {
    id: "DESC",
    about: "A descriptor is filled and handed over without a barrier.",
    ...descriptor([], "uncached"),
  },
  {
    id: "DESCwmb",
    about: "A descriptor is filled and handed over with dma_wmb() in between.",
    ...descriptor([{ do: "barrier", barrier: "dma_wmb" }], "uncached"),
  },
];
