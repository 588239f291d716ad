/** Which way a transfer goes: whether the device writes the buffer that a call gets. Only what the source says counts. */
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";

export type TransferDirection = "in" | "out" | "both" | "unknown";

/** Calls whose name says it. */
const named: Readonly<Record<string, TransferDirection>> = {
  spi_read: "in",
  spi_write: "out",
  sdio_memcpy_fromio: "in",
  sdio_readsb: "in",
  sdio_memcpy_toio: "out",
  sdio_writesb: "out",
  hid_hw_output_report: "out",
  usb_get_descriptor: "in",
  usb_get_status: "in",
  i2c_master_recv_dmasafe: "in",
  i2c_master_send_dmasafe: "out",
};

/** Argument of the pipe, in calls that get one. */
const pipes: Readonly<Record<string, number>> = {
  usb_control_msg: 1,
  usb_bulk_msg: 1,
  usb_interrupt_msg: 1,
  usb_fill_bulk_urb: 2,
  usb_fill_int_urb: 2,
  usb_fill_control_urb: 2,
  usb_stor_bulk_transfer_buf: 1,
  usb_stor_control_msg: 1,
  usb_stor_ctrl_transfer: 1,
};

/** The direction of the buffer in argument `index` of a call that does DMA on it or maps it. */
export function directionOf(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  name: string,
  index: number,
): TransferDirection {
  const known = Object.hasOwn(named, name) ? named[name] : undefined;
  if (known) return known;
  const text = (at: number): string => {
    const argument = call.arguments[at];
    return argument ? facts.textOf(owner, argument) : "";
  };
  // The setup packet goes to the device, whatever the transfer does (include/linux/usb.h:1669, 6.12.117).
  if (name === "usb_fill_control_urb" && index === 3) return "out";
  if (name === "hid_hw_raw_request") return /GET_REPORT/.test(text(5)) ? "in" : "out";
  if (Object.hasOwn(pipes, name)) {
    const pipe = call.arguments[pipes[name] ?? -1];
    return pipe ? pipeDirection(facts, owner, call, pipe) : "unknown";
  }
  const directions = call.arguments.map((_, at) => dmaDirection(text(at))).filter((one) => one !== "unknown");
  return directions[0] ?? "unknown";
}

/** `DMA_FROM_DEVICE` and its like. */
export function dmaDirection(text: string): TransferDirection {
  if (/^(DMA|PCI_DMA)_(FROM_DEVICE|FROMDEVICE)$/.test(text)) return "in";
  if (/^(DMA|PCI_DMA)_BIDIRECTIONAL$/.test(text)) return "both";
  return /^(DMA|PCI_DMA)_(TO_DEVICE|TODEVICE)$/.test(text) ? "out" : "unknown";
}

function pipeDirection(facts: Facts, owner: ProgramFunction, call: CallStatement, pipe: Expression): TransferDirection {
  const spelled = ofNames([facts.textOf(owner, pipe)]);
  if (spelled !== "unknown") return spelled;
  const value = facts.valueOf({ function: owner, statement: call.id }, pipe);
  return ofNames(value.contexts.flatMap((context) => context.origins.map((origin) => origin.name)));
}

/** usb_rcvbulkpipe() and usb_sndctrlpipe() (include/linux/usb.h:1990-2015, 6.12.117). */
function ofNames(names: readonly string[]): TransferDirection {
  const into = names.some((name) => /usb_rcv\w*pipe/.test(name));
  const out = names.some((name) => /usb_snd\w*pipe/.test(name));
  if (into && out) return "both";
  if (into) return "in";
  return out ? "out" : "unknown";
}
