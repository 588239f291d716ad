/**
 * Pointers that a driver hands to something that does DMA on them: the streaming API, scatterlists, and buses whose transfer
 * functions map the buffer themselves.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { ApiCall, Facts, Value } from "../facts.ts";
import { fieldKey } from "../values/field-keys.ts";
import { flowOf, successors } from "../flow/flow.ts";
import { type Location, makeLocation } from "../values/symbols.ts";
import { workingsOf } from "../unit-facts.ts";

export interface DmaArgument {
  readonly function: ProgramFunction;
  readonly statement: CallStatement;
  readonly name: string;
  /** Who maps the memory: the driver, or the bus. "spi" maps vmalloc memory page by page and copes. */
  readonly mapper: "streaming" | "scatterlist" | "usb" | "spi" | "other";
  /** Whether the device may write the memory. */
  readonly written: boolean;
  /** How the source calls the pointer. */
  readonly subject: string;
  /** Followed when it is asked for; nothing where the call maps nothing. */
  readonly value: Value;
  /** The pointer as the call gets it; undefined for a buffer that a transfer struct names. */
  readonly pointer?: Expression;
  /** Whether the length is certainly zero: nothing is mapped, whatever the pointer is. */
  readonly isEmpty: boolean;
}

const known = new KnownOf<Facts, readonly DmaArgument[]>();

/** All of them in the unit, by file and place. */
export function dmaArguments(facts: Facts): readonly DmaArgument[] {
  const before = known.get(facts);
  if (before) return before;
  const found: DmaArgument[] = [];
  for (const call of facts.callsWith("map-streaming", "sg-set", "does-dma", "submit")) {
    const mapper = mapperOf(call.name, call.api.effect);
    // Whether regmap and i2c do DMA on the caller's buffer is the bus's secret.
    if (/^(regmap|i2c)_/.test(call.name)) continue;
    if (mapper === "spi" && /^spi_(sync|async)/.test(call.name)) {
      found.push(...transferBuffers(facts, call.function, call.statement, call.name));
      continue;
    }
    call.api.parameters.forEach((parameter, index) => {
      const argument = call.statement.arguments[index];
      if (!argument || !isBuffer(parameter.role, call.api.effect)) return;
      const { function: owner, statement, name } = call;
      found.push({
        function: owner,
        statement,
        name,
        mapper,
        get written() {
          return isWritten(facts, name, owner, statement, call.argument("direction"));
        },
        get subject() {
          return facts.textOf(owner, argument);
        },
        get value() {
          const value = facts.valueOf({ function: owner, statement: statement.id }, argument);
          // Ordinary memory is nobody's business, so its length need not be followed.
          return isOrdinary(value) || !this.isEmpty ? value : nothing;
        },
        get isEmpty() {
          return hasNoLength(facts, call, index);
        },
        pointer: argument,
      });
    });
  }
  known.set(facts, found);
  return found;
}

const nothing: Value = { contexts: [] };

function isOrdinary({ contexts }: Value): boolean {
  return contexts.every(({ origins }) => origins.every(({ kind }) => kind === "unknown" || kind === "linear"));
}

function mapperOf(name: string, effect: string): DmaArgument["mapper"] {
  if (effect === "map-streaming") return "streaming";
  if (effect === "sg-set") return "scatterlist";
  if (name.startsWith("usb_")) return "usb";
  return name.startsWith("spi_") ? "spi" : "other";
}

function isBuffer(role: string, effect: string): boolean {
  return (
    role === "data" || (role === "cpu" && (effect === "map-streaming" || effect === "sg-set" || effect === "does-dma"))
  );
}

function hasNoLength(facts: Facts, { function: owner, statement, api }: ApiCall, buffer: number): boolean {
  const at = api.parameters.findIndex(
    ({ role }, index) => index > buffer && (role === "size" || role === "length" || role === "count"),
  );
  const length = at < 0 ? undefined : statement.arguments[at];
  if (!length) return false;
  const value = facts.valueOf({ function: owner, statement: statement.id }, length);
  return value.contexts.every((context) => context.origins.every((origin) => origin.kind === "null"));
}

function isWritten(
  facts: Facts,
  name: string,
  owner: ProgramFunction,
  call: CallStatement,
  direction: Expression | undefined,
): boolean {
  if (direction)
    return !/TO_DEVICE|TODEVICE/.test(facts.textOf(owner, direction)) || /BIDIR/.test(facts.textOf(owner, direction));
  if (/write|send|outbuf|toio|output/.test(name)) return false;
  if (name === "hid_hw_raw_request" && /SET_REPORT/.test(lastText(facts, owner, call))) return false;
  const pipe = name.startsWith("usb_") ? call.arguments[1] : undefined;
  return !(pipe && /snd|send_(ctrl|bulk)_pipe/.test(facts.textOf(owner, pipe)));
}

/** How the source spells the last argument: the request of hid_hw_raw_request(). */
function lastText(facts: Facts, owner: ProgramFunction, call: CallStatement): string {
  const last = call.arguments.at(-1);
  return last ? facts.textOf(owner, last) : "";
}

/** The buffers of the transfers in a message: `spi_sync(spi, &message)`, `spi_sync_transfer(spi, transfers, n)`. */
function transferBuffers(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  name: string,
): readonly DmaArgument[] {
  const { provenance, names } = workingsOf(facts);
  const values = provenance.localValues(owner);
  const second = call.arguments[1];
  if (!second) return [];
  const transfers = name.includes("transfer")
    ? [wholeArray(values.pointeeAt(call.id, second))]
    : transfersOf(facts, owner, call, values.pointeeAt(call.id, second));
  const found: DmaArgument[] = [];
  for (const base of transfers) {
    if (!base) continue;
    for (const cell of values.cellsAt(call.id)) {
      const key = fieldKey(cell.location.steps);
      if ((key !== "spi_transfer.tx_buf" && key !== "spi_transfer.rx_buf") || !within(base, cell.location)) continue;
      found.push({
        function: owner,
        statement: call,
        name,
        mapper: "spi",
        written: key === "spi_transfer.rx_buf",
        subject: names.location(owner, cell.location),
        value: provenance.heldBy(owner, call.id, cell.location),
        isEmpty: false,
      });
    }
  }
  return found;
}

/** Calls that empty a message (include/linux/spi/spi.h, linux 6.12.117); the second puts an array of transfers into it. */
const emptying: readonly (readonly [string, number])[] = [
  ["spi_message_init", 0],
  ["spi_message_init_no_memset", 0],
  ["spi_message_init_with_transfers", 0],
];

/** Transfers that are in the message when it is sent: added in this function, and not dropped by a new spi_message_init(). */
function transfersOf(
  facts: Facts,
  owner: ProgramFunction,
  call: CallStatement,
  message: Location | undefined,
): readonly (Location | undefined)[] {
  if (!message) return [];
  const values = workingsOf(facts).provenance.localValues(owner);
  const on = (name: string, argument: number): readonly CallStatement[] =>
    facts
      .callsTo(name)
      .filter((site) => site.function === owner)
      .map((site) => site.statement)
      .filter((site) => {
        const target = site.arguments[argument];
        return target !== undefined && values.pointeeAt(site.id, target)?.key === message.key;
      });
  const emptied = new Set(emptying.flatMap(([name, argument]) => on(name, argument)));
  const added = (site: CallStatement, argument: number): Location | undefined => {
    const transfer = site.arguments[argument];
    return transfer && values.pointeeAt(site.id, transfer);
  };
  const arrives = (site: CallStatement): boolean => reachesWithout(owner, site, call, emptied);
  return [
    ...on("spi_message_add_tail", 1)
      .filter(arrives)
      .map((site) => added(site, 0)),
    ...on("spi_message_init_with_transfers", 0)
      .filter(arrives)
      .map((site) => wholeArray(added(site, 1))),
  ];
}

/** Whether a way leads from behind one statement to another that meets none of the others. */
function reachesWithout(
  owner: ProgramFunction,
  from: CallStatement,
  to: CallStatement,
  others: ReadonlySet<CallStatement>,
): boolean {
  const start = flowOf(owner).locate(from.id);
  const end = flowOf(owner).locate(to.id);
  if (!start || !end) return false;
  const seen = new Set<number>();
  const work: (readonly [number, number])[] = [[start.block, start.index + 1]];
  for (let next = work.pop(); next; next = work.pop()) {
    const [id, first] = next;
    const block = owner.blocks[id];
    const statements = block?.statements ?? [];
    const at = statements.findIndex(
      (one, index) => index >= first && (one === to || (one.kind === "call" && others.has(one))),
    );
    if (at >= 0 && statements[at] === to) return true;
    if (!block || at >= 0) continue;
    for (const successor of successors(block.terminator)) {
      if (seen.has(successor)) continue;
      seen.add(successor);
      work.push([successor, 0]);
    }
  }
  return false;
}

/** `&x[0]` and `x` are the same storage where an array of transfers is asked for. */
function wholeArray(base: Location | undefined): Location | undefined {
  const last = base?.steps.at(-1);
  return base && last?.kind === "index" ? makeLocation(base.root, base.steps.slice(0, -1), base.type) : base;
}

function within(base: Location, location: Location): boolean {
  return location.key.startsWith(base.key) && /[.[]/.test(location.key.charAt(base.key.length));
}
