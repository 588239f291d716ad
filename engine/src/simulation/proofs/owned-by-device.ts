/** E1: the CPU accesses memory while a streaming mapping has given it to the device. Every access of the statement is judged. */
import { bytesEqual, bytesText } from "../../machine/address.ts";
import type { StreamingMapping } from "../scene.ts";
import { type ByteRange, NothingToShow, Restart } from "../world.ts";
import { type Proof, type ProofRun, pattern, type Touch } from "./proof.ts";
import { deviceFills, readBack } from "./streaming.ts";

/** Bytes that are looked at of one stretch: enough for its first word. */
const shownBytes = 16;
const fewestBytes = 4;

/** A stretch of a mapping that the finding's statement touches. */
interface Stretch {
  readonly mapping: StreamingMapping;
  /** In bytes from the mapping's start. */
  readonly offset: number;
  readonly size: number;
}

export const ownedByDeviceProof: Proof = {
  id: "owned-by-device",
  title: "The CPU uses memory that belongs to the device",
  fine: "On this machine the access does no harm: the device and the CPU see each other's newest bytes.",
  mapping(run, physical, size, name, direction) {
    // What the CPU has in a buffer for the device to fill is given up by mapping it.
    if (direction !== "from-device") fillUnwritten(run, physical, size, name);
  },
  learning(run) {
    noteTouches(run);
  },
  before(run) {
    const filled = run.kernel.scene.streaming.filter(isDevices).filter((item) => item.direction !== "to-device");
    const stretches = filled.flatMap((mapping) => stretchesOf(mapping, run.kernel.plan.touches));
    if (stretches.length === 0) return;
    // The device may be done already when the code looks, or not yet: both are tried.
    if (run.kernel.port.choose(2, "whether the device has written before the driver looks") === 0) return;
    for (const stretch of stretches) fill(run, stretch);
  },
  after(run) {
    noteTouches(run);
    const mappings = run.kernel.scene.streaming.filter(isDevices);
    const isLate = (touch: Touch): boolean => mappings.some((item) => stretchesOf(item, [rangeOf(touch)]).length > 0);
    run.late = run.touched.filter(isLate);
    distinguish(run);
    const stores = run.late.filter((touch) => touch.kind === "store").map(rangeOf);
    tellLateness(run, stores.length > 0);
    const loads = run.late.filter((touch) => touch.kind === "load").map(rangeOf);
    for (const mapping of mappings.filter((item) => item.direction !== "to-device")) {
      for (const stretch of stretchesOf(mapping, loads)) showBouncedRead(run, stretch);
    }
    for (const mapping of mappings.filter((item) => item.direction !== "from-device")) {
      const stretches = stretchesOf(mapping, stores);
      if (stretches.length > 0) run.doorbell("The driver tells the device to go on.");
      for (const stretch of stretches) showDeviceRead(run, stretch);
    }
    for (const mapping of mappings.filter((item) => item.direction !== "to-device")) {
      for (const stretch of stretchesOf(mapping, run.late.map(rangeOf))) fill(run, stretch);
    }
  },
  takingBack(run, mapping) {
    takeTurn(run, mapping);
  },
  finish(run) {
    noteTouches(run);
    const { streaming } = run.kernel.scene;
    const accessed = streaming.flatMap((mapping) => stretchesOf(mapping, run.accessed));
    if (accessed.length === 0) {
      throw new NothingToShow("The statement touches no memory that is mapped for the device, so a run shows nothing.");
    }
    for (const mapping of streaming.filter(isDevices)) takeTurn(run, mapping);
    for (const stretch of accessed) {
      if (stretch.mapping.direction === "to-device") continue;
      run.takeBack(stretch.mapping);
      readBack(run, stretch.mapping, stretch.offset, stretch.size);
    }
    if (run.late.length > 0 && run.late.every((touch) => touch.unchanged === true) && !run.kernel.port.model.coherent) {
      throw new NothingToShow("The statement stores the bytes that are there already, so a run shows no difference.");
    }
  },
};

/** Code that keeps to the contract: the device has its turn before the mapping ends. Late accesses have had theirs. */
function takeTurn(run: ProofRun, mapping: StreamingMapping): void {
  if (stretchesOf(mapping, run.late.map(rangeOf)).length > 0) return;
  // Whatever told the device to go was a register write, and that waits for the CPU's stores.
  run.kernel.perform({ kind: "barrier", barrier: "doorbell" });
  for (const stretch of stretchesOf(mapping, run.kernel.plan.touches)) {
    if (mapping.direction === "from-device") fill(run, stretch);
    else showDeviceRead(run, stretch);
  }
}

// ------------------------------------------------------------ what the statement touches

function isDevices(mapping: StreamingMapping): boolean {
  return mapping.live && mapping.owner === "device";
}

function rangeOf(touch: Touch): ByteRange {
  return { from: touch.address, to: touch.address + BigInt(touch.size) };
}

/** The parts of the ranges that lie in the mapping, those that touch each other joined, each as long as is looked at. */
function stretchesOf(mapping: StreamingMapping, ranges: readonly ByteRange[]): readonly Stretch[] {
  const end = mapping.virtual + BigInt(mapping.size);
  const stretches: { from: number; to: number }[] = [];
  const inside = ranges
    .filter((range) => range.from < end && range.to > mapping.virtual)
    .map((range) => ({
      from: Number((range.from > mapping.virtual ? range.from : mapping.virtual) - mapping.virtual),
      to: Number((range.to < end ? range.to : end) - mapping.virtual),
    }))
    .sort((a, b) => a.from - b.from);
  for (const range of inside) {
    const last = stretches.at(-1);
    if (last !== undefined && range.from <= last.to) last.to = Math.max(last.to, range.to);
    else stretches.push(range);
  }
  return stretches.map(({ from, to }) => ({ mapping, offset: from, size: Math.min(to - from, shownBytes) }));
}

/** What the statement touches of mapped memory has to be on the machine, and the device has to act there: known from the next run on. */
function noteTouches(run: ProofRun): void {
  const { plan, scene } = run.kernel;
  if (run.settled || plan.touches.length > 64) return;
  const news = scene.streaming
    .flatMap((mapping) => stretchesOf(mapping, run.accessed))
    .map(({ mapping, offset, size }) => {
      const from = mapping.virtual + BigInt(offset);
      return { from, to: from + BigInt(size) };
    })
    .filter((range) => !plan.touches.some((known) => known.from <= range.from && known.to >= range.to));
  if (news.length === 0) return;
  plan.touches.push(...news);
  throw new Restart();
}

// ------------------------------------------------------------ stores that can be told from what was there

/** A store of the bytes that are there already shows nothing: another input is stored, or the buffer's last use left others. */
export function distinguish(run: ProofRun): void {
  const { plan, steering } = run.kernel;
  if (run.settled) return;
  for (const touch of run.late) {
    const { value, unchanged, isFirst } = touch;
    if (unchanged !== true || value === undefined) continue;
    const bits = touch.size * 8;
    const old = BigInt.asUintN(bits, value.bits);
    steering.make(value, (other) => BigInt.asUintN(bits, other) !== old);
    const range = rangeOf(touch);
    if (isFirst !== true || plan.leftovers.some((known) => known.from === range.from)) continue;
    plan.leftovers.push(range);
    throw new Restart();
  }
}

/** Of the bytes that the statement touches, those that nothing has written so far hold what the buffer's last use left: values that a later store can be told from. */
function fillUnwritten(run: ProofRun, physical: number, size: number, name: string): void {
  const { hardware, plan, port } = run.kernel;
  const virtual = hardware.linear(physical);
  const isLeft = (at: number): boolean => {
    const address = virtual + BigInt(at);
    if (!run.kernel.isOnMachine(address, 1)) return false;
    if (port.board.promises.writerOf(physical + at) === undefined) return true;
    return !run.isWritten(address) && plan.leftovers.some((range) => range.from <= address && address < range.to);
  };
  const offsets = new Set<number>();
  for (const range of [...plan.touches, ...plan.leftovers]) {
    for (let at = range.from; at < range.to; at++) {
      const offset = Number(at - virtual);
      if (offset >= 0 && offset < size) offsets.add(offset);
    }
  }
  const left = [...offsets].filter(isLeft).sort((a, b) => a - b);
  if (left.length > 0) {
    const what = left.length === 1 ? `${name}[${String(left[0])}] still holds a byte` : `${name} still holds bytes`;
    run.kernel.narrator.act("cpu", `${what} of its last use (aa).`);
  }
  for (let index = 0; index < left.length; ) {
    const from = left[index] ?? 0;
    let count = 1;
    while (left[index + count] === from + count) count++;
    hardware.store(virtual + BigInt(from), pattern(0xaa, count));
    index += count;
  }
}

// ------------------------------------------------------------ the device

/** The device writes the stretch, and at least a word where the buffer has room for one. */
function fill(run: ProofRun, { mapping, offset, size }: Stretch): void {
  deviceFills(run, mapping, offset, Math.max(size, fewestBytes));
}

/** What the driver has read is older than what the device has written, where that is in a bounce buffer still. */
function showBouncedRead(run: ProofRun, { mapping, offset, size }: Stretch): void {
  if (mapping.bounce === undefined) return;
  const { promises } = run.kernel.port.board;
  const read = promises.newest(mapping.physical + offset, size);
  const written = promises.newest(mapping.bounce + offset, size);
  if (bytesEqual(read, written)) return;
  run.harmful(
    "stale-read",
    `The driver reads ${bytesText(read)}: the device's ${bytesText(written)} is in the bounce buffer, and only unmapping or a sync for the CPU copies it.`,
    mapping.physical + offset,
    written,
    read,
  );
}

/** Why the access matters, where its effect is not seen yet. */
function tellLateness(run: ProofRun, stores: boolean): void {
  if (run.late.length === 0) return;
  const what = stores ? "This store" : "This read";
  const bounces = run.late.length > 0 && run.kernel.options.bounces === true;
  const sentence = bounces
    ? `${what} comes while the device owns the memory and works on its bounce buffer: neither sees the other's bytes until the kernel copies.`
    : run.kernel.port.model.coherent
      ? `${what} comes while the device owns the memory; the device's accesses look into the cache, so it does no harm here.`
      : stores
        ? `${what} comes after the mapping has done its cache operation, and no other one follows before the device's turn.`
        : `${what} comes while the device owns the memory: the line that it uses stays in the cache when the device writes to memory.`;
  run.kernel.port.tell({ kind: "note", agent: "cpu", sentence });
}

function showDeviceRead(run: ProofRun, { mapping, offset, size }: Stretch): void {
  const seen = run.deviceReads(mapping.handle + BigInt(offset), size, `The device reads ${mapping.name}.`);
  if (mapping.bounce !== undefined) {
    run.expect(
      seen,
      run.kernel.port.board.promises.newest(mapping.physical + offset, size),
      "lost-write",
      (got, wanted) =>
        `The device works with ${got} from the bounce buffer: the mapping copied the memory there before the driver stored ${wanted}, and no sync has copied it again.`,
    );
  }
  if (!seen.stale) return;
  const expected = seen.expected ?? new Uint8Array(0);
  run.harmful(
    "lost-write",
    `The device works with ${bytesText(seen.bytes)}: the driver's ${bytesText(expected)} came after the mapping had written the cache back, so it is still in a dirty line that the device does not see.`,
    seen.physical ?? 0,
    expected,
    seen.bytes,
  );
}
