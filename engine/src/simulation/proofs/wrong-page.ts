/** A1, A4 and C2: a page that was computed from a pointer for which the arithmetic does not hold. */
import { addressText, bytesText } from "../../machine/address.ts";
import { type Proof, type ProofRun, pattern } from "./proof.ts";
import { fillStranger, showUserMapping } from "./user-mapping.ts";

export const coherentPageProof: Proof = {
  id: "coherent-page",
  title: "The page that virt_to_page() computes, and what is in it",
  fine: "On this machine the memory is in the linear map, so the computed page is the buffer's, and nothing stale was read through it.",
  after(run) {
    run.kernel.scene.pageOfFinding = run.kernel.scene.wrongPages.at(-1);
  },
  finish(run) {
    const mapping = run.kernel.scene.userMappings.at(-1);
    if (mapping !== undefined) showUserMapping(run, mapping);
    showWrongPage(run);
  },
};

export const coherentListProof: Proof = {
  id: "coherent-sg",
  title: "A scatterlist of coherent memory: the pages in it, and what the device is given",
  fine: "On this machine the entries name the buffer's own pages, and the transfer is right.",
  finish(run) {
    showWrongPage(run);
    showMappedList(run);
  },
};

/** Whoever uses a page that was computed wrongly reads another owner's bytes, or takes a fault. */
export function showWrongPage(run: ProofRun): void {
  const { kernel } = run;
  const wrong = kernel.scene.pageOfFinding ?? kernel.scene.wrongPages.at(-1);
  if (wrong === undefined) return;
  const buffer = kernel.scene.bufferAt(wrong.virtual);
  if (buffer === undefined) return;
  const name = run.nameOf(buffer);
  const offset = wrong.virtual - buffer.virtual;
  fillStranger(run, kernel.hardware.pageOf(wrong.physical));
  if (buffer.handle === undefined) {
    run.cpuWrites(wrong.virtual, pattern(0x11), `The CPU writes 11 to ${name}.`);
  } else {
    run.deviceWrites(
      buffer.handle + offset,
      pattern(0x11),
      `The device writes 11 to ${name}, at the address that the allocator gave it.`,
    );
    run.interrupt();
  }
  // The linear address of the wrong page is the pointer that it was computed from: the mistake undoes itself there. What uses
  // the page as a page (another mapping, a list that is mapped, a user) goes by the frame.
  const frame = kernel.hardware.frame(wrong.physical);
  const window = kernel.hardware.mapKernel("a mapping of that page", [frame], "write-back", "vmap()");
  const address = window + (wrong.virtual % BigInt(kernel.hardware.pageBytes));
  const seen = run.cpuReads(address, 4, `Code that is given the page of ${wrong.call} maps it and reads it.`);
  if (seen.fault !== undefined) {
    const sentence = `The kernel takes a fault: ${wrong.call} made the page at ${addressText(wrong.physical)} of it, where there is no memory. The 11 is in ${name}.`;
    run.harmful("fault", sentence, wrong.physical, pattern(0x11), seen.bytes);
  }
  run.expect(
    seen,
    pattern(0x11),
    "wrong-page",
    (got) => `It reads ${got} from the page of another owner; the 11 is in ${name}.`,
  );
}

/** The device works on the addresses that dma_map_sg() gave it. */
function showMappedList(run: ProofRun): void {
  const { kernel } = run;
  const mapping = kernel.scene.streaming.at(-1);
  if (mapping === undefined) return;
  const buffer = kernel.scene.bufferAt(mapping.virtual);
  if (buffer?.kind !== "coherent") return;
  const name = run.nameOf(buffer);
  if (mapping.direction !== "from-device") {
    const newest = kernel.port.board.promises.newest(buffer.physical, 4);
    run.expect(
      run.deviceReads(mapping.handle, 4, `The device reads what the list says.`),
      newest,
      "stale-read",
      (got, wanted) => `The device reads ${got}; ${name} holds ${wanted}.`,
    );
  }
  if (mapping.direction !== "to-device") {
    run.deviceWrites(mapping.handle, pattern(0x77), "The device writes 77 where the list says.");
    run.interrupt();
    run.takeBack(mapping);
    run.expect(
      run.cpuReads(buffer.virtual, 4, `The driver reads ${name}.`),
      pattern(0x77),
      "stale-read",
      (got) => `The driver reads ${got} from ${name}, not the device's 77.`,
    );
  }
}

export const vmallocBufferProof: Proof = {
  id: "vmalloc-buffer",
  title: "Memory of the vmalloc area given to the device as if it were contiguous",
  fine: "On this machine the device reaches the buffer's own pages.",
  finish(run) {
    const { kernel } = run;
    const refusal = kernel.scene.refusals.at(-1);
    if (refusal !== undefined) {
      run.harmful(
        "fault",
        `${refusal.call} refuses the buffer, so the transfer never happens: ${refusal.reason}.`,
        0,
        pattern(0),
        new Uint8Array(0),
      );
    }
    showWrongPage(run);
    const mapping = kernel.scene.streaming.at(-1);
    const buffer = mapping === undefined ? undefined : kernel.scene.bufferAt(mapping.virtual);
    if (mapping === undefined || buffer?.kind !== "vmalloc") return;
    const { pageBytes } = kernel.hardware;
    for (const [index, frame] of buffer.frames.entries()) {
      if (index * pageBytes >= mapping.size) break;
      const given = kernel.hardware.pageOf(mapping.physical) + index * pageBytes;
      if (given === frame) continue;
      fillStranger(run, given);
      const seen = run.deviceReads(
        mapping.handle + BigInt(index * pageBytes),
        4,
        `The device reads byte ${String(index * pageBytes)} of the buffer.`,
      );
      run.harmful(
        "wrong-page",
        `The device reads ${bytesText(seen.bytes)} from the page that follows in memory; page ${String(index)} of ${run.nameOf(buffer)} is elsewhere.`,
        given,
        pattern(0),
        seen.bytes,
      );
    }
  },
};
