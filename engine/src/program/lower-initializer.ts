/** Initialisers of local objects: a `zero` of the whole, then one assignment for each element that is named. */
import type { Expression as Syntax, InitializerList } from "../syntax/c/ast.ts";
import type { FileSpan } from "../text/span.ts";
import { type FunctionBuilder, nestingLimit } from "./function-builder.ts";
import { lowerInto } from "./lower-effect.ts";
import { extended, fieldOf } from "./lower-place.ts";
import type { Expression, Place } from "./program.ts";
import { intType } from "./scalar-types.ts";
import type { Type } from "./types.ts";
import { unknownType } from "./types.ts";

/** Elements that one range designator (`[0 ... 31] = x`) is spelled out for; longer ranges are opaque. */
const rangeLimit = 64;

export function lowerInitializer(builder: FunctionBuilder, target: Place, initializer: Syntax, at: FileSpan): void {
  if (initializer.kind !== "initializer-list") {
    lowerInto(builder, target, initializer, at);
    return;
  }
  if (isScalar(target.type)) {
    const only = initializer.items[0];
    if (only !== undefined && only.designators.length === 0) lowerInto(builder, target, only.value, at);
    else builder.emit({ kind: "zero", target, ...at });
    return;
  }
  builder.emit({ kind: "zero", target, ...at });
  elements(builder, target, initializer);
}

function isScalar(type: Type): boolean {
  return type.kind === "integer" || type.kind === "pointer" || type.kind === "function";
}

function isZeroSyntax(value: Syntax): boolean {
  return (
    (value.kind === "number" && /^0[xX]?0*[uUlL]*$/.test(value.text)) ||
    (value.kind === "identifier" && (value.name === "NULL" || value.name === "false")) ||
    (value.kind === "initializer-list" &&
      value.items.every((item) => item.designators.length === 0 && isZeroSyntax(item.value)))
  );
}

/** The elements of an object that is zero already. */
function elements(builder: FunctionBuilder, target: Place, list: InitializerList): void {
  if (builder.depth > nestingLimit) {
    builder.opaque(list, "nested too deeply");
    return;
  }
  builder.depth++;
  let position = 0;
  for (const item of list.items) {
    const at = builder.span(item);
    let places: Place[];
    if (item.designators.length === 0) {
      const place = elementAt(builder, target, position, at);
      position++;
      if (place === undefined) {
        if (!isZeroSyntax(item.value)) {
          builder.opaque(item, "initialises a member of a struct whose declaration is not visible, by position");
        }
        continue;
      }
      places = [place];
    } else {
      const first = item.designators[0];
      if (first?.kind === "field") position = positionOf(builder, target.type, builder.memberName(first.name)) + 1;
      else if (first !== undefined) {
        const low = builder.constantOf(first.high ?? first.low);
        if (low !== undefined && low >= 0n && low < 0x7fffffffn) position = Number(low) + 1;
      }
      places = [target];
      for (const designator of item.designators) {
        if (designator.kind === "field") {
          const name = builder.memberName(designator.name);
          places = places.map((place) => fieldOf(builder, place, name, at));
        } else {
          const indices = indicesOf(builder, designator.low, designator.high, at);
          if (indices === undefined) {
            builder.opaque(item, "initialises a range that is too long or not constant");
            places = [];
            break;
          }
          places = places.flatMap((place) =>
            indices.map((index) =>
              extended(
                place,
                { kind: "index", index },
                place.type.kind === "array" ? place.type.element : unknownType,
                at,
              ),
            ),
          );
        }
      }
    }
    for (const place of places) {
      if (item.value.kind === "initializer-list" && !isScalar(place.type)) elements(builder, place, item.value);
      else lowerInitializer(builder, place, item.value, at);
    }
  }
  builder.depth--;
}

function indicesOf(
  builder: FunctionBuilder,
  low: Syntax,
  high: Syntax | undefined,
  at: FileSpan,
): readonly Expression[] | undefined {
  const from = builder.constantOf(low);
  const to = high === undefined ? from : builder.constantOf(high);
  if (from === undefined || to === undefined || to < from || to - from >= BigInt(rangeLimit)) return undefined;
  const result: Expression[] = [];
  for (let value = from; value <= to; value++) result.push({ kind: "constant", value, type: intType, ...at });
  return result;
}

function elementAt(builder: FunctionBuilder, target: Place, position: number, at: FileSpan): Place | undefined {
  const { type } = target;
  if (type.kind === "array") {
    const index: Expression = { kind: "constant", value: BigInt(position), type: intType, ...at };
    return extended(target, { kind: "index", index }, type.element, at);
  }
  if (type.kind !== "record" || !builder.scope.isComplete(type.name)) return undefined;
  const field = builder.scope.recordNamed(type.name)?.fields[position];
  return field === undefined ? undefined : fieldOf(builder, target, field.name, at);
}

function positionOf(builder: FunctionBuilder, type: Type, name: string): number {
  if (type.kind !== "record") return 0;
  return builder.scope.recordNamed(type.name)?.fields.findIndex((field) => field.name === name) ?? 0;
}
