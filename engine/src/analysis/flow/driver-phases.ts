/**
 * When a function runs: only while a device is set up or torn down, or while it runs. What is mapped until the teardown is mapped
 * whenever the device runs.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { Expression, ProgramFunction } from "../../program/program.ts";
import { expressionsOf } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";

/** Fields of ops tables whose functions begin or end a device's life, or its use (linux 6.12.117). */
const endings = new Set([
  "probe", // struct platform_driver, include/linux/platform_device.h, pci_driver, i2c_driver ...
  "remove",
  "remove_new",
  "shutdown",
  "disconnect", // struct usb_driver, include/linux/usb.h
  "bind", // struct component_ops, include/linux/component.h
  "unbind",
  "ndo_open", // struct net_device_ops, include/linux/netdevice.h
  "ndo_stop",
  "ndo_init",
  "ndo_uninit",
  "startup", // struct uart_ops, include/linux/serial_core.h
  "suspend",
  "resume",
]);

interface Phases {
  /** Functions that run outside of setup and teardown: operations, handlers, work. */
  readonly running: ReadonlySet<ProgramFunction>;
  readonly ending: ReadonlySet<ProgramFunction>;
}

const known = new KnownOf<Facts, Phases>();

/** Whether every way to the function begins with the setup or the teardown of the device. */
export function runsOnlyAtTheEnds(facts: Facts, owner: ProgramFunction): boolean {
  const { running, ending } = phasesOf(facts);
  return ending.has(owner) && !running.has(owner);
}

/** Whether an operation, a handler or a piece of work leads to the function. */
export function runsMeanwhile(facts: Facts, owner: ProgramFunction): boolean {
  return phasesOf(facts).running.has(owner);
}

function phasesOf(facts: Facts): Phases {
  const before = known.get(facts);
  if (before) return before;
  const { unit } = facts;
  const running = new Set<ProgramFunction>();
  const ending = new Set<ProgramFunction>();
  for (const table of unit.opsTables)
    for (const { field, value } of table.entries) {
      const target = unit.functionNamed(value, table.file);
      if (target) (endings.has(field) ? ending : running).add(target);
    }
  for (const owner of unit.functions) {
    if (owner.annotations.some((one) => one === "__init" || one === "__exit")) ending.add(owner);
    for (const block of owner.blocks)
      for (const statement of block.statements)
        for (const one of expressionsOf(statement).flatMap(functionsIn)) {
          const target = unit.functionNamed(one, statement.file);
          if (target) running.add(target);
        }
  }
  // Who is called by nobody that is known may be called by anybody.
  for (const owner of unit.functions) if (!ending.has(owner) && unit.callersOf(owner).length === 0) running.add(owner);
  for (const set of [running, ending])
    for (const owner of set) for (const { target } of unit.calleesOf(owner)) set.add(target);
  const found = { running, ending };
  known.set(facts, found);
  return found;
}

function functionsIn(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case "function":
      return [expression.name];
    case "cast":
    case "unary":
      return functionsIn(expression.operand);
    default:
      return [];
  }
}
