/**
 * When a function runs: only while a device is set up or torn down, or while it runs. What is mapped until the teardown is mapped
 * whenever the device runs.
 */
import { sameSet } from "../../program/body-index.ts";
import { type KnownMap, knownMap, KnownOf } from "../../program/dependencies.ts";
import type { Expression, ProgramFunction } from "../../program/program.ts";
import { expressionsOf } from "../../program/visit.ts";
import type { Facts } from "../facts.ts";
import { ofBody } from "./of-body.ts";

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

/** Where the phases begin: functions that tables hold, and those of the module's own beginning and end. */
interface Beginnings {
  readonly running: ReadonlySet<ProgramFunction>;
  readonly ending: ReadonlySet<ProgramFunction>;
}

const beginnings = new KnownOf<Facts, Beginnings>();
const phases = new KnownOf<Facts, KnownMap<ProgramFunction, Phases>>();

interface Phases {
  /** It runs outside of setup and teardown: an operation, a handler, work. */
  readonly running: boolean;
  readonly ending: boolean;
}

/** Whether every way to the function begins with the setup or the teardown of the device. */
export function runsOnlyAtTheEnds(facts: Facts, owner: ProgramFunction): boolean {
  const { running, ending } = phasesOf(facts, owner);
  return ending && !running;
}

/** Whether an operation, a handler or a piece of work leads to the function. */
export function runsMeanwhile(facts: Facts, owner: ProgramFunction): boolean {
  return phasesOf(facts, owner).running;
}

function phasesOf(facts: Facts, owner: ProgramFunction): Phases {
  let known = phases.get(facts);
  if (known === undefined) {
    known = knownMap();
    phases.set(facts, known);
  }
  let found = known.get(owner);
  if (found === undefined) {
    const above = new Set([owner]);
    for (const one of above) for (const caller of facts.unit.callingFunctions(one)) above.add(caller);
    const { ending } = beginningsOf(facts);
    found = {
      running: [...above].some((one) => beginsRunning(facts, one)),
      ending: [...above].some((one) => ending.has(one)),
    };
    known.set(owner, found);
  }
  return found;
}

/** Who is called by nobody that is known may be called by anybody, and so may be whose address is taken. */
function beginsRunning(facts: Facts, owner: ProgramFunction): boolean {
  const { running, ending } = beginningsOf(facts);
  const { unit } = facts;
  if (running.has(owner) || (!ending.has(owner) && unit.callingFunctions(owner).size === 0)) return true;
  return unit
    .functionsMentioning(owner.name)
    .some((one) => valuesIn(facts, one).has(owner.name) && unit.functionNamed(owner.name, one.file) === owner);
}

function beginningsOf(facts: Facts): Beginnings {
  const before = beginnings.get(facts);
  if (before) return before;
  const { unit } = facts;
  const running = new Set<ProgramFunction>();
  const ending = new Set<ProgramFunction>();
  for (const table of unit.opsTables)
    for (const { field, value } of table.entries) {
      const target = unit.functionNamed(value, table.file);
      if (target) (endings.has(field) ? ending : running).add(target);
    }
  for (const owner of unit.functions)
    if (owner.annotations.some((one) => one === "__init" || one === "__exit")) ending.add(owner);
  const found = { running, ending };
  beginnings.set(facts, found);
  return found;
}

/** The functions that a function uses as values. */
const valuesIn = ofBody(
  (owner): ReadonlySet<string> =>
    new Set(
      owner.blocks.flatMap(({ statements }) =>
        statements.flatMap((statement) => expressionsOf(statement).flatMap(functionsIn)),
      ),
    ),
  sameSet,
);

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
