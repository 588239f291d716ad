/**
 * Transfers by subsystems that the model knows only by the catalogue's word: the core or the controller maps the caller's memory,
 * the device reads or writes it, and the memory is taken back before the call returns.
 */
import { apiFunction } from "../../kernel/catalogue.ts";
import type { Direction } from "../../machine/model.ts";
import type { Kernel } from "../kernel.ts";
import { known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { transfer } from "./buses.ts";
import { argument, bits, type ModelFunction, sizeOf } from "./model.ts";
import { pageFunctions } from "./pages.ts";
import { mapList, unmapEntries } from "./scatterlist.ts";
import { bufferFor } from "./streaming.ts";

/** What a call of the crypto API does, or the call's transfer where the catalogue says that it does DMA on an argument. */
export function subsystemTransfer(kernel: Kernel, call: KernelCall): Value | undefined {
  const request = requestFunctions.get(call.name);
  return request === undefined ? cataloguedTransfer(kernel, call) : request(kernel, call);
}

function cataloguedTransfer(kernel: Kernel, call: KernelCall): Value | undefined {
  const known = apiFunction(call.name);
  // A request that is only filled in transfers nothing yet.
  if (known?.effect !== "does-dma" || known.parameters.some((one) => one.role === "urb")) return undefined;
  const data = known.parameters.findIndex((one) => one.role === "data");
  if (data < 0 || bits(call, data) < 4096n) return undefined;
  const length = known.parameters.findIndex((one) => one.role === "length" || one.role === "size");
  const wanted = length < 0 ? zeroValue : argument(call, length);
  if (length >= 0) kernel.prefer(wanted, (value) => value > 0n, `${call.name}() transfers 8 bytes`);
  const bytes = Math.max(1, sizeOf(wanted.bits) || 8);
  const writes = known.parameters[data]?.type?.startsWith("const") === true || /write|toio|send|output/.test(call.name);
  const direction = writes ? "to-device" : "from-device";
  const address = bits(call, data);
  if (call.name.startsWith("sdio_")) return byPage(kernel, call, address, bytes, direction);
  if (kernel.hardware.isVmalloc(address)) return refused(kernel, call, address, bytes, direction);
  transfer(kernel, address, bytes, direction, `${call.name}()`);
  return zeroValue;
}

/** dma_map_single() in the controller's driver refuses what is not in the linear map. */
function refused(kernel: Kernel, call: KernelCall, virtual: bigint, size: number, direction: Direction): Value {
  const reason = "the address is in the vmalloc area (WARN in include/linux/dma-mapping.h:380)";
  bufferFor(kernel, virtual, size);
  kernel.narrator.driver(`${call.name}() fails: ${reason}.`, true);
  kernel.scene.refusals.push({ call: `${call.name}()`, reason, virtual, size, direction });
  return known(-5n);
}

/** sg_set_buf() in mmc_io_rw_extended() (drivers/mmc/core/sdio_ops.c of linux 6.12.117): the page by arithmetic, unasked. */
function byPage(kernel: Kernel, call: KernelCall, virtual: bigint, bytes: number, direction: Direction): Value {
  bufferFor(kernel, virtual, bytes);
  pageFunctions["virt_to_page"]?.(kernel, { ...call, values: [known(virtual)] });
  transfer(kernel, virtual, bytes, direction, `${call.name}()`, kernel.hardware.linearPhysical(virtual));
  return zeroValue;
}

/** skcipher_request_set_crypt(req, src, dst, ...) and kin. */
const setLists = (target: number | undefined): ModelFunction => {
  return (kernel, call) => {
    const source = bits(call, 1);
    kernel.scene.requests.set(bits(call, 0), { source, target: target === undefined ? source : bits(call, target) });
    return zeroValue;
  };
};

/** The engine reads the source and writes the target, which may be one list. */
const runRequest: ModelFunction = (kernel, call) => {
  const lists = kernel.scene.requests.get(bits(call, 0));
  if (lists === undefined) return undefined;
  kernel.evaluator.assumptions.add(`${call.name}() is done by an engine with DMA`);
  const isOne = lists.source === lists.target;
  const parts = isOne
    ? [{ list: lists.source, direction: "bidirectional" as const }]
    : [
        { list: lists.source, direction: "to-device" as const },
        { list: lists.target, direction: "from-device" as const },
      ];
  for (const { list, direction } of parts) {
    if (list < 4096n) continue;
    const before = kernel.scene.streaming.length;
    mapList(kernel, call, list, 8, direction);
    for (const mapping of kernel.scene.streaming.slice(before)) {
      kernel.deviceTurn(mapping.handle, mapping.size, direction, call.name);
    }
    unmapEntries(kernel, list, 8, direction);
  }
  return zeroValue;
};

/** A hash only reads its list; the result is copied by the CPU. */
const hash: ModelFunction = (kernel, call) => runRequest(kernel, call);

const requestFunctions: ReadonlyMap<string, ModelFunction> = new Map(
  Object.entries({
    skcipher_request_set_crypt: setLists(2),
    aead_request_set_crypt: setLists(2),
    ahash_request_set_crypt: setLists(undefined),
    crypto_skcipher_encrypt: runRequest,
    crypto_skcipher_decrypt: runRequest,
    crypto_aead_encrypt: runRequest,
    crypto_aead_decrypt: runRequest,
    crypto_ahash_digest: hash,
    crypto_ahash_update: hash,
    crypto_ahash_finup: hash,
    crypto_wait_req: (_kernel, call) => argument(call, 0),
  }),
);
