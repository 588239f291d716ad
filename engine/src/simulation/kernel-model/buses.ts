/** Calls that do DMA on their data argument: the core maps it, the controller reads or writes it, the core takes it back. */
import { addressText } from "../../machine/address.ts";
import type { Direction } from "../../machine/model.ts";
import type { Kernel } from "../kernel.ts";
import { known, type Value, zeroValue } from "../value.ts";
import type { KernelCall } from "../world.ts";
import { argument, bits, type ModelFunction, type ModelTable, sizeOf } from "./model.ts";
import { bufferFor, directionOf, mapStreaming, unmapStreaming } from "./streaming.ts";

/**
 * usb_hcd_map_urb_for_dma(), drivers/usb/core/hcd.c:1409-1412 and 1474-1477: vmalloc and stack memory is refused with a warning
 * and -EAGAIN.
 */
function usbTransfer(kernel: Kernel, call: KernelCall, data: bigint, wanted: Value, direction: Direction): Value {
  kernel.prefer(wanted, (value) => value > 0n, `${call.name}() transfers 8 bytes`);
  const bytes = Math.max(1, sizeOf(wanted.bits) || 8);
  const name = `${call.name}()`;
  const onStack = kernel.isStack(data);
  if (onStack || kernel.hardware.isVmalloc(data)) {
    const reason = `the buffer is ${onStack ? "on the stack" : "in the vmalloc area"} (WARN in drivers/usb/core/hcd.c)`;
    bufferFor(kernel, data, bytes);
    kernel.narrator.driver(`${name} refuses: ${reason}. It returns -EAGAIN.`, true);
    kernel.scene.refusals.push({ call: name, reason, virtual: data, size: bytes, direction });
    return known(-11n);
  }
  transfer(kernel, data, bytes, direction, name);
  return wanted;
}

/** The whole transfer: map, the device's access, unmap. */
export function transfer(
  kernel: Kernel,
  data: bigint,
  bytes: number,
  direction: Direction,
  call: string,
  /** Physical address as the caller computes it; by the page walk where it does not. */
  computed?: number,
): void {
  if (data < 4096n) return;
  kernel.share(data, bytes);
  const physical = computed ?? kernel.hardware.walk(data)?.physical ?? kernel.hardware.linearPhysical(data);
  const handle = mapStreaming(kernel, { virtual: data, physical, size: bytes, direction, attrs: 0n, call });
  kernel.deviceTurn(handle, bytes, direction, call);
  unmapStreaming(kernel, handle, bytes, direction, call, true);
}

/** usb_control_msg(dev, pipe, request, requesttype, value, index, data, size, timeout). */
const usbControl: ModelFunction = (kernel, call) => {
  const isInput = (bits(call, 3) & 0x80n) !== 0n;
  return usbTransfer(kernel, call, bits(call, 6), argument(call, 7), isInput ? "from-device" : "to-device");
};

/** usb_bulk_msg(dev, pipe, data, len, actual_length, timeout); the pipe's direction bit is 0x80. */
const usbBulk: ModelFunction = (kernel, call) => {
  const isInput = /rcv/.test(call.text(1)) || (bits(call, 1) & 0x80n) !== 0n;
  const result = usbTransfer(kernel, call, bits(call, 2), argument(call, 3), isInput ? "from-device" : "to-device");
  return result.bits < 0n ? result : zeroValue;
};

/** The SPI core maps stack and vmalloc memory page by page itself (drivers/spi/spi.c, spi_map_buf()). */
const spi =
  (direction: Direction): ModelFunction =>
  (kernel, call) => {
    const wanted = argument(call, 2);
    kernel.prefer(wanted, (value) => value > 0n, `${call.name}() transfers 4 bytes`);
    transfer(kernel, bits(call, 1), Math.max(1, sizeOf(wanted.bits) || 4), direction, `${call.name}()`);
    return zeroValue;
  };

/** The transfers of a message: spi_message_add_tail(transfer, message) collects them, spi_sync() runs them in order. */
const addTransfer: ModelFunction = (kernel, call) => {
  const message = bits(call, 1);
  kernel.scene.messages.set(message, [...(kernel.scene.messages.get(message) ?? []), bits(call, 0)]);
  return zeroValue;
};

function runTransfers(kernel: Kernel, transfers: readonly bigint[], call: string): void {
  for (const at of transfers.slice(0, 32)) {
    const read = (field: string): bigint => kernel.readField(at, "spi_transfer", field).bits;
    const bytes = Math.max(1, sizeOf(kernel.readField(at, "spi_transfer", "len", 4).bits) || 4);
    const sent = read("tx_buf");
    const received = read("rx_buf");
    if (sent >= 4096n) transfer(kernel, sent, bytes, "to-device", call);
    if (received >= 4096n) transfer(kernel, received, bytes, "from-device", call);
  }
}

const spiSync: ModelFunction = (kernel, call) => {
  runTransfers(kernel, kernel.scene.messages.get(bits(call, 1)) ?? [], `${call.name}()`);
  return zeroValue;
};

const spiSyncTransfer: ModelFunction = (kernel, call) => {
  const stride = BigInt(kernel.evaluator.layouts.sizeOf({ kind: "record", tag: "struct", name: "spi_transfer" }));
  const count = Math.min(32, Math.max(1, Number(bits(call, 2))));
  const list = Array.from({ length: count }, (_, index) => bits(call, 1) + BigInt(index) * stride);
  runTransfers(kernel, list, `${call.name}()`);
  return zeroValue;
};

/** Helpers that copy to memory of their own before they transfer: any memory will do. */
const copying: ModelFunction = (kernel) => {
  kernel.scene.copied = true;
  return zeroValue;
};

/** dmaengine_prep_slave_single(chan, buf, len, dir, flags): the engine is told a bus address. */
const prepare =
  (handle: number, length: number, direction: number): ModelFunction =>
  (kernel, call) => {
    const value = bits(call, handle);
    kernel.narrator.driver(`${call.name}() tells the DMA engine the address ${addressText(value)}.`, true);
    const way = bits(call, direction) === 2n ? "from-device" : "to-device";
    kernel.scene.orders.push({
      handle: value,
      size: sizeOf(bits(call, length)),
      direction: directionOf(way === "from-device" ? 2n : 1n),
      how: call.name,
    });
    return undefined;
  };

/** A list that is handed to the engine: each entry's address, as it stands in the list. */
const prepareList: ModelFunction = (kernel, call) => {
  const sg = bits(call, 1);
  const handle = kernel.readField(sg, "scatterlist", "dma_address").bits;
  const length = Number(kernel.readField(sg, "scatterlist", "dma_length", 4).bits);
  kernel.narrator.driver(`${call.name}() hands the list to the DMA engine.`, true);
  const direction = bits(call, 3) === 2n ? "from-device" : "to-device";
  kernel.scene.orders.push({ handle, size: Math.max(1, length), direction, how: call.name });
  return undefined;
};

export const busFunctions: ModelTable = {
  usb_control_msg: usbControl,
  usb_bulk_msg: usbBulk,
  usb_interrupt_msg: usbBulk,
  usb_control_msg_send: copying,
  usb_control_msg_recv: copying,
  snd_usb_ctl_msg: copying,
  spi_write_then_read: copying,
  regmap_bulk_write: copying,
  spi_message_init: (kernel, call) => {
    kernel.scene.messages.set(bits(call, 0), []);
    return zeroValue;
  },
  spi_message_add_tail: addTransfer,
  spi_sync: spiSync,
  spi_async: spiSync,
  spi_sync_transfer: spiSyncTransfer,
  spi_write: spi("to-device"),
  spi_read: spi("from-device"),
  dmaengine_prep_slave_single: prepare(1, 2, 3),
  dmaengine_prep_dma_cyclic: prepare(1, 2, 4),
  dmaengine_prep_slave_sg: prepareList,
};
