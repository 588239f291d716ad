/** B3, B4, B12 and F4: a page that the kernel and an application share, on a cache in which one physical byte can be in two lines. */
import { bytesText } from "../../machine/address.ts";
import { mapFramebuffer } from "../kernel-model/user-mapping.ts";
import { Stop } from "../world.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";

export const userAliasProof: Proof = {
  id: "user-alias",
  title: "Kernel and application share a page through two virtual addresses",
  fine: "On this machine a physical byte is in the cache once at most, or the lines were written back: both see the newest value.",
  finish(run) {
    const { kernel } = run;
    if (kernel.scene.userMappings.length === 0) mapFramebuffer(kernel);
    const mapping = kernel.scene.userMappings.at(-1);
    const frame = mapping?.frames[0];
    if (mapping === undefined || frame === undefined) throw new Stop("no user mapping came to be");
    if (!kernel.port.board.isRam(frame)) throw new Stop("the mapping leads to no memory");
    const address = kernelAddress(run, frame);
    kernel.perform({ kind: "switch-space", space: 1 });
    run.cpuReads(address, 4, "The kernel looks at the record through its address.");
    run.userReads(mapping.virtual, 4, "The application reads the shared record through its own address.");
    run.cpuWrites(
      address,
      pattern(0x12),
      "The kernel updates the record (12) through its address. No device is involved.",
    );
    const seen = run.userReads(mapping.virtual, 4, "The application reads the record again.");
    if (!seen.stale) return;
    const expected = seen.expected ?? pattern(0x12);
    run.harmful(
      "stale-read",
      mapping.attribute === "write-back"
        ? `The application reads ${bytesText(seen.bytes)}: its virtual address has a line of its own in the cache, and the kernel's ${bytesText(expected)} is in another line.`
        : `The application reads ${bytesText(seen.bytes)} past the cache, and the kernel's ${bytesText(expected)} is in a dirty line of it.`,
      seen.physical ?? 0,
      expected,
      seen.bytes,
    );
  },
};

/** The address by which the kernel uses the page: of a vmalloc() area or a vmap() where the path has made one. */
function kernelAddress(run: ProofRun, frame: number): bigint {
  const { hardware, scene } = run.kernel;
  const window = scene.aliases.findLast(
    ({ virtual }) => !hardware.isLinear(virtual) && hardware.pageOf(hardware.walk(virtual)?.physical ?? -1) === frame,
  );
  if (window !== undefined) return window.virtual;
  const area = scene.buffers.findLast((buffer) => buffer.frames.includes(frame));
  if (area === undefined) return hardware.linear(frame);
  return area.virtual + BigInt(area.frames.indexOf(frame) * hardware.pageBytes);
}
