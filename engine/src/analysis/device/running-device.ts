/**
 * Functions that run while the device runs: interrupt handlers, polls, and the operations by which a subsystem hands over work.
 * A ring that probe() fills before it starts the device needs no order between its words: the start orders them all.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { Expression, ProgramFunction } from "../../program/program.ts";
import type { Facts } from "../facts.ts";
import { peel } from "../values/local-evaluation.ts";

/** Calls that register a handler, and the argument that it is (linux 6.12.117). */
const registrations: Readonly<Record<string, readonly number[]>> = {
  request_irq: [1], // include/linux/interrupt.h:171
  request_threaded_irq: [1, 2], // include/linux/interrupt.h:153
  devm_request_irq: [2], // include/linux/interrupt.h:217
  devm_request_threaded_irq: [2, 3], // include/linux/interrupt.h:211
  pci_request_irq: [2, 3], // include/linux/pci.h:1444
  netif_napi_add: [2], // include/linux/netdevice.h:2651
  netif_napi_add_weight: [2], // include/linux/netdevice.h:2638
  netif_napi_add_tx: [2], // include/linux/netdevice.h:2677
  tasklet_setup: [1], // include/linux/interrupt.h:765
  tasklet_init: [1], // include/linux/interrupt.h:763
};

/** Fields of ops tables through which a subsystem hands over work to a device that runs. */
const operations = new Set([
  "ndo_start_xmit", // struct net_device_ops, include/linux/netdevice.h
  "ndo_xdp_xmit",
  "queuecommand", // struct scsi_host_template, include/scsi/scsi_host.h
  "queue_rq", // struct blk_mq_ops, include/linux/blk-mq.h
  "device_issue_pending", // struct dma_device, include/linux/dmaengine.h
  "urb_enqueue", // struct hc_driver, include/linux/usb/hcd.h
  "qc_issue", // struct ata_port_operations, include/linux/libata.h
]);

const known = new KnownOf<Facts, ReadonlySet<ProgramFunction>>();

/** The functions, with all that they call; in no order that means anything. */
export function runningFunctions(facts: Facts): ReadonlySet<ProgramFunction> {
  const found = known.get(facts);
  if (found) return found;
  const reached = new Set<ProgramFunction>();
  const enter = (name: string, file: string): void => {
    const target = facts.unit.functionNamed(name, file);
    if (target) reached.add(target);
  };
  for (const [name, places] of Object.entries(registrations))
    for (const { statement } of facts.callsTo(name))
      for (const place of places) {
        const handler = functionName(statement.arguments[place]);
        if (handler !== undefined) enter(handler, statement.file);
      }
  for (const table of facts.unit.opsTables)
    for (const entry of table.entries) if (operations.has(entry.field)) enter(entry.value, table.file);
  const opening = openingFunctions(facts);
  // A set is walked in the order of insertion, what is added on the way included.
  for (const owner of reached) {
    // What opening the device calls is its start: an error handler that calls it has stopped the device before.
    if (opening.has(owner)) continue;
    for (const { target } of facts.unit.calleesOf(owner)) reached.add(target);
  }
  known.set(facts, reached);
  return reached;
}

/** Functions that the operations which start a device call. */
function openingFunctions(facts: Facts): ReadonlySet<ProgramFunction> {
  const called = new Set<ProgramFunction>();
  for (const table of facts.unit.opsTables)
    for (const entry of table.entries) {
      if (entry.field !== "ndo_open" && entry.field !== "probe") continue;
      const start = facts.unit.functionNamed(entry.value, table.file);
      if (start) for (const { target } of facts.unit.calleesOf(start)) called.add(target);
    }
  return called;
}

function functionName(argument: Expression | undefined): string | undefined {
  const one = argument && peel(argument);
  return one?.kind === "function" ? one.name : undefined;
}
