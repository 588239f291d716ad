/** B1, B2, B5: an application has the buffer mapped; the device writes, the application reads, and the other way round. */
import { addressText } from "../../machine/address.ts";
import { mapFramebuffer } from "../kernel-model/user-mapping.ts";
import { strangerByte } from "../kernel-model/pages.ts";
import type { Buffer, UserMapping } from "../scene.ts";
import { Stop } from "../world.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";

export const userMappingProof: Proof = {
  id: "user-mapping",
  title: "Device and application share the buffer through the user mapping",
  fine: "The application and the device see each other's newest bytes through this mapping, whatever the cache does.",
  finish(run) {
    if (run.kernel.scene.userMappings.length === 0) mapFramebuffer(run.kernel);
    const mapping = run.kernel.scene.userMappings.at(-1);
    if (mapping === undefined) throw new Stop("no user mapping came to be");
    showUserMapping(run, mapping);
  },
};

/** The buffer that the driver meant to map. */
export function meantBuffer(run: ProofRun, mapping: UserMapping): Buffer | undefined {
  const { scene } = run.kernel;
  const first = mapping.frames[0] ?? 0;
  const mapped = scene.buffers.findLast((buffer) => buffer.frames.includes(first));
  if (mapped !== undefined) return mapped;
  const wrong = scene.wrongPages.findLast((page) => run.kernel.hardware.frame(page.physical) === first);
  if (wrong !== undefined) return scene.bufferAt(wrong.virtual);
  const missing = scene.missingPages.at(-1);
  if (missing !== undefined) return scene.bufferAt(missing.virtual);
  return scene.bufferOfHandle(BigInt(first));
}

export function showUserMapping(run: ProofRun, mapping: UserMapping): void {
  const buffer = meantBuffer(run, mapping);
  const handle = buffer?.handle;
  if (run.kernel.scene.registers.has(mapping.frames[0] ?? 0)) {
    throw new Stop("the mapping leads to device registers, and the simulated machine has none");
  }
  if (buffer === undefined || handle === undefined) {
    throw new Stop("the mapped page is none of the memory that the path has allocated for the device");
  }
  const name = run.nameOf(buffer);
  const isRight = buffer.frames.includes(mapping.frames[0] ?? -1);
  run.kernel.perform({ kind: "switch-space", space: 1 });
  if (!isRight) fillStranger(run, mapping.frames[0] ?? 0);
  const harm = isRight ? "stale-read" : "wrong-page";
  const isMemory = run.kernel.port.board.isRam(mapping.frames[0] ?? 0);
  const other = isRight ? "" : isMemory ? ", which is the page of another owner" : ", where there is no memory";
  run.deviceWrites(handle, pattern(0x11), `The device writes period 1 (11) to ${name}.`);
  run.interrupt();
  const first = run.userReads(mapping.virtual, 4, `The application reads the start of its mapping${other}.`);
  if (first.fault !== undefined) {
    const sentence = `The application takes a fault (SIGBUS): its mapping leads to ${addressText(mapping.frames[0] ?? 0)}, where there is no memory. The device's data is in ${name}.`;
    run.harmful("fault", sentence, mapping.frames[0] ?? 0, pattern(0x11), first.bytes);
  }
  run.expect(first, pattern(0x11), harm, (got) =>
    isRight
      ? `The application reads ${got} although the device has written period 1 (11): the bytes in the cache are older.`
      : `The application reads ${got} from the page of another owner; the device's 11 is in ${name}, where nobody looks.`,
  );
  run.deviceWrites(handle, pattern(0x21), `The device writes period 2 (21) to ${name}.`);
  run.interrupt();
  run.expect(
    run.userReads(mapping.virtual, 4, "The application reads period 2 through its mapping."),
    pattern(0x21),
    "stale-read",
    (got) =>
      `The application reads ${got} again: the line that its first read brought into the cache is still there, and the device's period 2 (21) is only in memory.`,
  );
  showKernelStore(run, mapping, buffer);
  run.userWrites(mapping.virtual, pattern(0xab), "The application writes a sample (ab) through its mapping.");
  run.doorbell("The application tells the driver, and the driver tells the device to play.");
  run.expect(
    run.deviceReads(handle, 4, `The device reads ${name}.`),
    pattern(0xab),
    "lost-write",
    (got) => `The device reads ${got} from memory: the application's ab is still in a dirty line of the cache.`,
  );
}

/** The driver's own pointer and the user mapping have to agree on the cache too: drivers clear and fill what they share. */
function showKernelStore(run: ProofRun, mapping: UserMapping, buffer: Buffer): void {
  const name = run.nameOf(buffer);
  run.cpuWrites(buffer.virtual, pattern(0x31), `The driver writes 31 to ${name} through its own pointer.`);
  // A system call lies between the two: entering and leaving the kernel orders the accesses.
  run.kernel.perform({ kind: "barrier", barrier: "mb" });
  run.expect(
    run.userReads(mapping.virtual, 4, "The application reads it through its mapping."),
    pattern(0x31),
    "stale-read",
    (got) => `The application reads ${got}: the driver's 31 went through a mapping with other cache attributes.`,
  );
}

/** Another owner's data in the page that was mapped by mistake, where there is a page at all. */
export function fillStranger(run: ProofRun, physical: number): void {
  const { kernel } = run;
  if (!kernel.port.board.isRam(physical)) return;
  const id = `stranger-${physical.toString(16)}`;
  kernel.port.board.name({
    id,
    name: "page of another owner",
    kind: "linear",
    at: physical,
    size: kernel.hardware.pageBytes,
  });
  run.cpuWrites(
    kernel.hardware.linear(physical),
    pattern(strangerByte),
    "The owner of that page has its own data in it (5a).",
  );
}
