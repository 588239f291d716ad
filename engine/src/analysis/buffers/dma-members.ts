/**
 * Members of structs that are handed to something that does DMA on them: by address in a call, through a parameter, in a
 * scatterlist that the same function hands on, or as the buffer of an SPI transfer.
 */
import { KnownOf } from "../../program/dependencies.ts";
import type { CallStatement, Expression, PathStep, Place, ProgramFunction, Statement } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import { dmaArguments } from "./dma-arguments.ts";
import type { Facts } from "../facts.ts";
import { CallingContexts } from "../flow/calling-contexts.ts";
import { flowOf } from "../flow/flow.ts";
import { guardsOf, parameterOf } from "../flow/guards.ts";
import { peel } from "../values/local-evaluation.ts";
import { type MemberStep, sizeOf } from "./struct-layout.ts";
import type { Location, LocationStep } from "../values/symbols.ts";
import { directionOf, dmaDirection, type TransferDirection } from "../streaming/transfer-direction.ts";
import { workingsOf } from "../unit-facts.ts";
import type { Site } from "../values/unit-index.ts";

export interface DmaMember {
  /** The function and statement that hand the member to the device. */
  readonly function: ProgramFunction;
  readonly statement: Statement;
  /** What a finding underlines there. */
  readonly span: FileSpan;
  /** Who gets it: "usb_bulk_msg()", "rx_buf". */
  readonly receiver: string;
  readonly direction: TransferDirection;
  /** From the struct that a pointer points to, to the member; the last is the buffer. */
  readonly path: readonly MemberStep[];
  /** Only an element of the member: `&dev->buf[3]`. */
  readonly part: boolean;
  /** Whether the length is a constant or a sizeof, so that the transfer cannot go beyond the member. */
  readonly bounded: boolean;
  /** Bytes of the transfer, where they are a constant that the unit tells. */
  readonly length?: number;
  /** How the source calls it: "dev->buf". */
  readonly subject: string;
  /** Calls that passed it on, outermost first. */
  readonly passes: readonly PathStep[];
}

type AssignStatement = Extract<Statement, { readonly kind: "assign" }>;

const mostCallers = 16;
const deepest = 3;

const known = new KnownOf<Facts, readonly DmaMember[]>();

/** All of them in the unit, by kind of use, file and place. */
export function dmaMembers(facts: Facts): readonly DmaMember[] {
  const before = known.get(facts);
  if (before) return before;
  const found = [...calledWith(facts), ...ofTransfers(facts)];
  known.set(facts, found);
  return found;
}

function calledWith(facts: Facts): readonly DmaMember[] {
  return dmaArguments(facts).flatMap((argument): readonly DmaMember[] => {
    const { function: owner, statement, name, pointer } = argument;
    if (!pointer) return [];
    const members = membersOf(facts, owner, statement, pointer, 0);
    if (members.length === 0 || argument.isEmpty) return [];
    const direction =
      argument.mapper === "scatterlist"
        ? listDirection(facts, owner, statement)
        : directionOf(facts, owner, statement, name, statement.arguments.indexOf(pointer));
    return members.map(({ into, ...one }) => ({
      ...one,
      function: owner,
      statement,
      span: { file: pointer.file, start: pointer.start, end: pointer.end },
      receiver: `${name}()`,
      direction: direction === "both" && into ? directionFrom(facts, owner, statement, into) : direction,
      bounded: isBounded(facts, owner, statement, statement.arguments.indexOf(pointer)),
      ...lengthOf(facts, statement.arguments[statement.arguments.indexOf(pointer) + 1]),
    }));
  });
}

/** Stores to the buffers of struct spi_transfer, also those of an initialiser. */
function ofTransfers(facts: Facts): readonly DmaMember[] {
  const { index } = workingsOf(facts);
  const fields: readonly (readonly [string, TransferDirection])[] = [
    ["rx_buf", "in"],
    ["tx_buf", "out"],
  ];
  return fields.flatMap(([name, direction]) =>
    index.storesTo(`spi_transfer.${name}`).flatMap(({ function: owner, statement }): readonly DmaMember[] => {
      if (statement.kind !== "assign") return [];
      return membersOf(facts, owner, statement, statement.value, 0).map((one) => ({
        path: one.path,
        part: one.part,
        subject: one.subject,
        passes: one.passes,
        function: owner,
        statement,
        span: { file: statement.file, start: statement.value.start, end: statement.value.end },
        receiver: name,
        direction,
        bounded: true,
        ...lengthOf(facts, lengthBeside(facts, owner, statement)),
      }));
    }),
  );
}

/** The argument behind the pointer is the length in every call that has one (kernel/transfers.ts, kernel/streaming.ts). */
function isBounded(facts: Facts, owner: ProgramFunction, call: CallStatement, pointer: number): boolean {
  const length = call.arguments[pointer + 1];
  if (!length) return false;
  const one = peel(length);
  return one.kind === "sizeof" || one.kind === "constant" || /^sizeof\b/.test(facts.textOf(owner, length));
}

function lengthOf(facts: Facts, length: Expression | undefined): Pick<DmaMember, "length"> {
  const one = length && peel(length);
  const bytes =
    one?.kind === "constant"
      ? Number(one.value)
      : one?.kind === "sizeof"
        ? sizeOf(facts.unit.records, one.operand)
        : undefined;
  return bytes === undefined || bytes <= 0 ? {} : { length: bytes };
}

/** What the function stores into the `len` of the same SPI transfer, where it does so once. */
function lengthBeside(facts: Facts, owner: ProgramFunction, buffer: AssignStatement): Expression | undefined {
  const { index } = workingsOf(facts);
  const base = (place: Place): string =>
    facts.textOfPlace(owner, { ...place, steps: place.steps.slice(0, -1), type: { kind: "unknown" } });
  const lengths = index
    .storesTo("spi_transfer.len")
    .flatMap(({ function: other, statement }) =>
      other === owner && statement.kind === "assign" && base(statement.target) === base(buffer.target)
        ? [statement.value]
        : [],
    );
  return lengths.length === 1 ? lengths[0] : undefined;
}

interface Named extends Pick<DmaMember, "path" | "part" | "subject" | "passes"> {
  /** The call of the function that hands it over, where a caller passes it. */
  readonly into?: Site;
}

/** The direction of a call whose pipe a parameter chooses, for one caller: `dir ? usb_rcvctrlpipe() : usb_sndctrlpipe()`. */
function directionFrom(facts: Facts, owner: ProgramFunction, call: CallStatement, site: Site): TransferDirection {
  const { index, provenance } = workingsOf(facts);
  const contexts = new CallingContexts(index, (one) => provenance.localValues(one));
  const values = provenance.localValues(owner);
  const made = call.arguments
    .flatMap((argument) => values.valueAt(call.id, argument))
    .flatMap(({ symbol }) => (symbol.kind === "result" || symbol.kind === "birth" ? [symbol.call] : []))
    .filter((one) => one.callee.kind === "direct" && /^usb_(rcv|snd)\w*pipe$/.test(one.callee.name))
    .filter((one) => {
      const block = flowOf(owner).locate(one.id)?.block;
      return block === undefined || !contexts.refutes(site, guardsOf(values, block));
    });
  const isInto = (one: CallStatement): boolean => one.callee.kind === "direct" && one.callee.name.startsWith("usb_rcv");
  if (made.length === 0) return "both";
  return made.every(isInto) ? "in" : made.some(isInto) ? "both" : "out";
}

/** The members that a pointer may point to; none where it points to a whole object, or nobody knows. */
function membersOf(
  facts: Facts,
  owner: ProgramFunction,
  statement: Statement,
  pointer: Expression,
  depth: number,
): readonly Named[] {
  const { provenance, names, index } = workingsOf(facts);
  const direct = placeOf(pointer);
  const spelled = direct && pathOf(direct.steps);
  if (direct && spelled) return [{ ...spelled, subject: facts.textOfPlace(owner, wholeOf(direct)), passes: [] }];
  const values = provenance.localValues(owner);
  return values.valueAt(statement.id, pointer).flatMap(({ symbol, conversions }): readonly Named[] => {
    if (conversions.some((one) => one !== "offset")) return [];
    const moved = conversions.length > 0;
    if (symbol.kind === "address") {
      const path = pathOf(symbol.location.steps);
      if (!path || isAlignedByHand(facts, owner, symbol.location)) return [];
      const subject = names.location(owner, withoutIndex(symbol.location));
      return [{ path: path.path, part: path.part || moved, subject, passes: [] }];
    }
    const parameter = symbol.kind === "entry" ? parameterOf(owner, symbol.location) : -1;
    if (parameter < 0 || depth >= deepest) return [];
    return index.unit
      .callersOf(owner)
      .slice(0, mostCallers)
      .flatMap((site) => {
        const argument = site.statement.arguments[parameter];
        if (!argument) return [];
        const pass = names.step(site.caller, site.statement.id, "pass", `passed to ${owner.name}() here`);
        return membersOf(facts, site.caller, site.statement, argument, depth + 1).map((one) => ({
          ...one,
          part: one.part || moved,
          passes: [...one.passes, pass],
          into: { function: site.caller, statement: site.statement },
        }));
      });
  });
}

/** `PTR_ALIGN(ctx->buffer, ...)`: the pointer is where a line begins, and the member is longer than what is used of it. */
function isAlignedByHand(facts: Facts, owner: ProgramFunction, location: Location): boolean {
  const values = workingsOf(facts).provenance.localValues(owner);
  return facts.callsTo("PTR_ALIGN").some((site) => {
    const pointer = site.function === owner ? site.statement.arguments[0] : undefined;
    return pointer !== undefined && values.pointeeAt(site.statement.id, pointer)?.key === location.key;
  });
}

/** The place whose address the expression is. */
function placeOf(pointer: Expression): Place | undefined {
  const one = peel(pointer);
  if (one.kind === "address") return one.place;
  return one.kind === "read" && one.place.type.kind === "array" ? one.place : undefined;
}

/** The members behind the last pointer that the steps go through; undefined for what lies behind none, and for whole objects. */
function pathOf(steps: Place["steps"] | readonly LocationStep[]): Pick<Named, "path" | "part"> | undefined {
  const at = steps.findLastIndex((step) => step.kind === "deref");
  if (at < 0) return undefined;
  const path: MemberStep[] = [];
  let part = false;
  let indexed = false;
  for (const step of steps.slice(at + 1)) {
    if (step.kind === "field") {
      if (step.record === undefined) return undefined;
      // Inside an element of an array of structs, the element is what the layout is told of.
      if (indexed) path.length = 0;
      part = indexed = false;
      path.push({ record: step.record, name: step.name });
    } else if (step.kind === "index" && path.length > 0) {
      // An array's own name is the address of its first element.
      part = part || !isFirst(step.index);
      indexed = true;
    }
  }
  return path.length > 0 ? { path, part } : undefined;
}

function isFirst(index: Expression | string | undefined): boolean {
  return typeof index === "object" ? index.kind === "constant" && index.value === 0n : index === "0";
}

/** `dev->buf` for `dev->buf[0]`. */
function wholeOf(place: Place): Place {
  return place.steps.at(-1)?.kind === "index" ? { ...place, steps: place.steps.slice(0, -1) } : place;
}
function withoutIndex(location: Location): Location {
  return location.steps.at(-1)?.kind === "index" ? { ...location, steps: location.steps.slice(0, -1) } : location;
}

/** Where the function hands the scatterlist of a `sg_init_one(&sg, ...)` on. */
function listDirection(facts: Facts, owner: ProgramFunction, call: CallStatement): TransferDirection {
  const list = call.arguments[0];
  const values = workingsOf(facts).provenance.localValues(owner);
  const location = list && values.pointeeAt(call.id, list);
  if (!location) return "unknown";
  const found = new Set<TransferDirection>();
  for (const block of owner.blocks)
    for (const one of block.statements) {
      if (one.kind !== "call" || one === call || one.callee.kind !== "direct") continue;
      if (!one.arguments.some((argument) => values.pointeeAt(one.id, argument)?.key === location.key)) continue;
      const { name } = one.callee;
      if (name.startsWith("virtqueue_add_inbuf")) found.add("in");
      else if (name.startsWith("virtqueue_add_outbuf")) found.add("out");
      else if (/^dma_map_sg/.test(name))
        for (const argument of one.arguments) found.add(dmaDirection(facts.textOf(owner, argument)));
    }
  found.delete("unknown");
  if (found.has("both") || (found.has("in") && found.has("out"))) return "both";
  return [...found][0] ?? "unknown";
}
