/** C5, D4, D5, D14, E9 and H7: a call that should pass memory on, and leaves some of it, or all, as the cache has it. */
import { bytesText } from "../../machine/address.ts";
import type { StreamingMapping } from "../scene.ts";
import { Restart, Stop } from "../world.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";
import { readBack } from "./streaming.ts";

const word = 4;

export const handOverProof: Proof = {
  id: "hand-over",
  title: "What the call does for the bytes that it passes on",
  fine: "On this machine the bytes arrive: nothing has to be done for them, or what the call does is enough.",
  mapping(run, physical, size, name, direction) {
    if (!run.sinkRuns) return;
    const { hardware } = run.kernel;
    const linear = hardware.linear(physical);
    if (direction === "from-device") {
      run.cpuReads(
        linear,
        Math.min(word, size),
        `The memory of ${name} was in use before: a line of it is in the cache.`,
      );
      run.cpuWrites(linear, pattern(0x11, Math.min(word, size)), `Its last user has left 11 in it.`);
      return;
    }
    run.cpuWrites(
      hardware.linear(physical),
      pattern(0x11, Math.min(word, size)),
      `The driver has put 11 into ${name}.`,
    );
  },
  before(run) {
    run.known = new Map(
      run.kernel.scene.streaming.map((mapping) => [mapping, mapping.live && mapping.owner === "device"]),
    );
  },
  takingBack(run, mapping) {
    if (mapping.direction !== "to-device") fillEnds(run, mapping);
  },
  after(run) {
    const { streaming } = run.kernel.scene;
    const made = streaming.filter((mapping) => !run.known.has(mapping));
    const taken = streaming.filter((mapping) => run.known.get(mapping) === true && mapping.owner === "cpu");
    const given = streaming.filter(
      (mapping) => run.known.get(mapping) === false && mapping.live && mapping.owner === "device",
    );
    run.passed = [...made, ...taken, ...given];
    for (const mapping of [...made, ...given]) showToDevice(run, mapping);
    for (const mapping of taken) {
      if (mapping.direction === "from-device" || !mapping.live) showToCpu(run, mapping);
      else showToDevice(run, mapping);
    }
  },
  finish(run) {
    if (run.passed.length === 0) throw new Stop("the call passes no memory on that the path has mapped");
    for (const mapping of run.passed) {
      if (mapping.owner === "device") {
        if (mapping.direction !== "to-device") fillEnds(run, mapping);
        run.takeBack(mapping);
      }
      showToCpu(run, mapping);
    }
  },
};

/** Where the mapping is looked at: its first word, and its last one where that is in another line. */
function endsOf(run: ProofRun, { size }: StreamingMapping): readonly number[] {
  const last = Math.max(0, size - word);
  return last >= run.kernel.port.model.cache.lineBytes ? [0, last] : [0];
}

function fillEnds(run: ProofRun, mapping: StreamingMapping): void {
  share(run, mapping);
  // What the CPU has stored before has left its write buffer when the device begins.
  run.kernel.perform({ kind: "barrier", barrier: "doorbell" });
  for (const offset of endsOf(run, mapping)) {
    const bytes = pattern(0x77, Math.min(word, mapping.size - offset));
    const where = offset === 0 ? mapping.name : `the end of ${mapping.name}`;
    run.deviceWrites(mapping.handle + BigInt(offset), bytes, `The device writes 77 to ${where}.`);
  }
  run.interrupt();
}

/** Only a buffer's first lines are on the machine until its end is asked for, from the next run on. */
function share(run: ProofRun, mapping: StreamingMapping): void {
  const { plan } = run.kernel;
  const [, last] = endsOf(run, mapping);
  if (last === undefined || run.settled) return;
  const from = mapping.virtual + BigInt(last);
  if (plan.touches.some((range) => range.from === from)) return;
  plan.touches.push({ from, to: from + BigInt(word) });
  throw new Restart();
}

function showToDevice(run: ProofRun, mapping: StreamingMapping): void {
  if (mapping.direction === "from-device") return;
  run.doorbell("The driver tells the device to go on.");
  const seen = run.deviceReads(mapping.handle, Math.min(word, mapping.size), `The device reads ${mapping.name}.`);
  const newest = run.kernel.port.board.promises.newest(mapping.physical, Math.min(word, mapping.size));
  if (bytesText(seen.bytes) === bytesText(newest)) return;
  run.harmful(
    "lost-write",
    `The device works with ${bytesText(seen.bytes)}: the driver's ${bytesText(newest)} is where the device does not look, in a dirty line of the cache or behind a bounce buffer.`,
    mapping.physical,
    newest,
    seen.bytes,
  );
}

function showToCpu(run: ProofRun, mapping: StreamingMapping): void {
  if (mapping.direction === "to-device") return;
  for (const offset of endsOf(run, mapping)) {
    readBack(run, mapping, offset, word);
    if (mapping.bounce === undefined) continue;
    const size = Math.min(word, mapping.size - offset);
    const { promises } = run.kernel.port.board;
    const read = promises.newest(mapping.physical + offset, size);
    const written = promises.newest(mapping.bounce + offset, size);
    if (bytesText(read) === bytesText(written)) continue;
    run.harmful(
      "stale-read",
      `The driver reads ${bytesText(read)}: the device's ${bytesText(written)} is still in the bounce buffer.`,
      mapping.physical + offset,
      written,
      read,
    );
  }
}
