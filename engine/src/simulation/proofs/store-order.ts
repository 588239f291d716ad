/** G3: stores to memory that a device reads, and what tells the device to read them. */
import { bytesText } from "../../machine/address.ts";
import type { Buffer } from "../scene.ts";
import { Stop } from "../world.ts";
import type { Proof, ProofRun, Touch } from "./proof.ts";

/** A stretch of a buffer that the code has stored, as the device knows it. */
interface Word {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly size: number;
}

export const storeOrderProof: Proof = {
  id: "store-order",
  title: "The order in which a device sees what the driver has stored",
  fine: "On this machine stores reach the device in the order of the program, or the call waits for them.",
  after(run) {
    const told = run.touched.filter((touch) => touch.kind === "store").flatMap((touch) => wordAt(run, touch));
    const isTold = (word: Word): boolean =>
      told.some(
        ({ buffer, offset, size }) =>
          buffer === word.buffer && offset < word.offset + word.size && word.offset < offset + size,
      );
    const payload = run.stores.flatMap((touch) => wordAt(run, touch)).filter((word) => !isTold(word));
    run.ordered = true;
    if (payload.length === 0) throw new Stop("the path stores nothing else that the device reads");
    // Where the statement stores a word in memory the device looks at that one first, and goes on when it is the new one.
    for (const word of told) if (!isSeen(run, word)) return;
    for (const word of payload) showPayload(run, word);
  },
  finish(run) {
    if (!run.ordered) throw new Stop("the finding's statement stores nothing that the device reads");
  },
};

function wordAt(run: ProofRun, { address, size }: Touch): readonly Word[] {
  const buffer = run.kernel.scene.bufferAt(address);
  return buffer?.handle === undefined ? [] : [{ buffer, offset: Number(address - buffer.virtual), size }];
}

function physicalOf(run: ProofRun, { buffer, offset }: Word): number {
  const { pageBytes } = run.kernel.hardware;
  const inFirst = buffer.physical % pageBytes;
  const at = inFirst + offset;
  return (buffer.frames[Math.floor(at / pageBytes)] ?? buffer.physical) + (at % pageBytes);
}

function read(run: ProofRun, word: Word, what: string): { readonly got: Uint8Array; readonly newest: Uint8Array } {
  const handle = (word.buffer.handle ?? 0n) + BigInt(word.offset);
  const { bytes } = run.deviceReads(handle, word.size, what);
  return { got: bytes, newest: run.kernel.port.board.promises.newest(physicalOf(run, word), word.size) };
}

function isSeen(run: ProofRun, word: Word): boolean {
  const name = run.nameOf(word.buffer);
  const { got, newest } = read(run, word, `The device polls the word of ${name} that says whether the rest is ready.`);
  return bytesText(got) === bytesText(newest);
}

function showPayload(run: ProofRun, word: Word): void {
  const name = run.nameOf(word.buffer);
  const { got, newest } = read(run, word, `The device goes on and reads byte ${String(word.offset)} of ${name}.`);
  if (bytesText(got) === bytesText(newest)) return;
  run.harmful(
    "stale-read",
    `The device reads ${bytesText(got)}: the driver's ${bytesText(newest)} was stored before, and is still in the CPU's write buffer.`,
    physicalOf(run, word),
    newest,
    got,
  );
}
