/** D12, D13 and B9: memory that is given back while the device, or an application, can still reach it. */
import { bytesText } from "../../machine/address.ts";
import type { StreamingMapping, UserMapping } from "../scene.ts";
import { Stop } from "../world.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";

const ownersByte = 0x5a;

export const freedWhileMappedProof: Proof = {
  id: "freed-while-mapped",
  title: "Memory that somebody else is given while the device still works on it",
  fine: "On this machine the device works on a copy of its own, so the memory's next owner does not notice.",
  before(run) {
    run.subject = run.kernel.scene.streaming.findLast((mapping) => mapping.live);
  },
  finish(run) {
    const mapping = run.subject ?? run.kernel.scene.streaming.findLast((item) => item.live);
    if (mapping === undefined) throw new Stop("nothing was mapped for the device when the memory was given back");
    showDeviceOnFreed(run, mapping);
  },
};

function showDeviceOnFreed(run: ProofRun, mapping: StreamingMapping): void {
  const { kernel } = run;
  const { hardware, port } = kernel;
  // What the device reaches: the bounce buffer is given to another mapping as soon as this one ends.
  const own = mapping.bounce !== undefined && (!mapping.live || mapping.direction === "to-device");
  const physical = own ? (mapping.bounce ?? mapping.physical) : mapping.physical;
  if (own && mapping.live) return;
  const what = own ? "the bounce buffer" : mapping.name;
  const meant = port.board.promises.newest(mapping.bounce ?? mapping.physical, 4);
  run.cpuWrites(
    hardware.linear(physical),
    pattern(ownersByte),
    `The kernel gives ${what} to somebody else, who stores 5a in it.`,
  );
  if (mapping.direction === "to-device") {
    const seen = run.deviceReads(mapping.handle, 4, `The device, which nothing has stopped, reads ${mapping.name}.`);
    if (bytesText(seen.bytes) === bytesText(meant)) return;
    run.harmful(
      "wrong-page",
      `The device reads ${bytesText(seen.bytes)}, which belongs to the next owner of ${what}, and not the driver's ${bytesText(meant)}.`,
      physical,
      meant,
      seen.bytes,
    );
  }
  run.deviceWrites(
    mapping.handle,
    pattern(0x77),
    `The device, which nothing has stopped, writes 77 to ${mapping.name}.`,
  );
  if (mapping.live && mapping.bounce !== undefined) run.takeBack(mapping);
  const newest = port.board.promises.newest(physical, 4);
  if (bytesText(newest) === bytesText(pattern(ownersByte))) return;
  run.harmful(
    "lost-write",
    `The next owner of ${what} has stored 5a, and the device's ${bytesText(newest)} went over it.`,
    physical,
    pattern(ownersByte),
    newest,
  );
}

export const freedUserMappingProof: Proof = {
  id: "freed-user-mapping",
  title: "Memory that somebody else is given while an application has it mapped",
  fine: "The application has no mapping of the memory any more.",
  finish(run) {
    const mapping = run.kernel.scene.userMappings.at(-1);
    if (mapping === undefined) throw new Stop("no user mapping came to be");
    showUserOnFreed(run, mapping);
  },
};

function showUserOnFreed(run: ProofRun, mapping: UserMapping): void {
  const { kernel } = run;
  const frame = mapping.frames[0] ?? 0;
  const buffer = kernel.scene.buffers.findLast((item) => item.frames.includes(frame));
  if (buffer?.live !== false) throw new Stop("the memory that the application has mapped was not given back");
  const name = run.nameOf(buffer);
  kernel.perform({ kind: "switch-space", space: 1 });
  run.cpuWrites(
    kernel.hardware.linear(frame),
    pattern(ownersByte),
    `The kernel gives ${name} to somebody else, who stores 5a in it.`,
  );
  run.userWrites(mapping.virtual, pattern(0xee), "The application, whose mapping is still there, stores ee.");
  const newest = kernel.port.board.promises.newest(frame, 4);
  if (bytesText(newest) === bytesText(pattern(ownersByte))) return;
  run.harmful(
    "lost-write",
    `The next owner of ${name} has stored 5a, and the application's ${bytesText(newest)} went over it.`,
    frame,
    pattern(ownersByte),
    newest,
  );
}
