/**
 * Handles that nobody tests: a map call whose result reaches no dma_mapping_error() in its function, in the helpers that get
 * the handle, or in the callers that the helper gives it to.
 */
import { directName, isZero } from "../../program/visit.ts";
import type { CallStatement, Expression, ProgramFunction } from "../../program/program.ts";
import type { FileSpan } from "../../text/span.ts";
import type { Facts } from "../facts.ts";
import { afterFailure } from "../flow/failure-ways.ts";
import type { Mapping, Ownership } from "./ownership.ts";
import { ownershipOf } from "./ownership.ts";
import { isEndedOnly } from "./ended-only.ts";
import { fieldName, sameField } from "./ownership-fields.ts";
import { peel } from "../values/local-evaluation.ts";
import { type OwnershipValues, textOfValue } from "./ownership-values.ts";
import type { Track } from "./ownership-track.ts";
import { workingsOf } from "../unit-facts.ts";

export interface UntestedHandle {
  /** The mapping, seen from the function that should test: `mapping.made` is the map call itself. */
  readonly mapping: Mapping;
  /** What tests the handle instead of dma_mapping_error(); undefined where nothing does. */
  readonly test: WrongTest | undefined;
}

/** A test of a handle that is not the one that the API asks for. */
export type WrongTest = FileSpan &
  (
    | {
        /**
         * "zero": with 0 or NULL, right after the map; "negative": `< 0`, which an unsigned number never is; "by-hand": with
         * DMA_MAPPING_ERROR itself, what dma_mapping_error() does too.
         */
        readonly kind: "zero" | "negative" | "by-hand";
      }
    /** By IS_ERR() or its kin, which are for pointers. */
    | { readonly kind: "error-pointer"; readonly by: string }
    /** By dma_mapping_error(), of a handle from a helper that gives 0 where the map failed: a good handle. */
    | { readonly kind: "error-lost"; readonly by: ProgramFunction }
  );

/** Every handle of the unit that is used without a test, by file, function and statement of the map call. */
export function untestedHandles(facts: Facts): readonly UntestedHandle[] {
  const ownership = ownershipOf(facts);
  const checks = new HandleChecks(facts, ownership);
  return ownership.mappings("map-streaming", "map-resource").flatMap((mapping) => {
    if (mapping.made.api.error !== "dma-mapping-error") return [];
    return checks.untested(mapping, 0);
  });
}

/** Helpers of helpers: deeper, nobody keeps handle and test together. */
const deepest = 3;

class HandleChecks {
  readonly #facts: Facts;
  readonly #ownership: Ownership;
  readonly #checkedFields = new Map<ProgramFunction, ReadonlySet<string>>();
  readonly #checkedParameters = new Map<string, boolean>();

  constructor(facts: Facts, ownership: Ownership) {
    this.#facts = facts;
    this.#ownership = ownership;
  }

  untested(mapping: Mapping, depth: number): readonly UntestedHandle[] {
    const { track, owner } = mapping;
    if (!this.#ownership.valuesOf(owner).settled) return [];
    if (track.checks.length > 0 && track.comparisons.length === 0 && track.returned) return this.#lost(mapping);
    const compared = wrongComparison(track, this.#ownership.valuesOf(owner));
    if (track.checks.length > 0 || (track.comparisons.length > 0 && !compared)) return [];
    if (this.#checkedByCallees(mapping) || this.#checkedByCallers(owner, track.fields, 0, new Set())) return [];
    if (compared?.kind === "by-hand") return [{ mapping, test: compared }];
    const givesBack = track.returned || fillsParameter(mapping);
    if (givesBack) {
      if (depth >= deepest) return [];
      // Whoever is not in the unit may test: only callers that are read can be said not to.
      return this.#facts.unit
        .callersOf(owner)
        .flatMap(({ caller, statement }) =>
          caller === owner ? [] : this.untested(this.#ownership.seenFrom(caller, statement, mapping), depth + 1),
        );
    }
    if (!isUsed(track) || isEndedOnly(this.#facts, mapping)) return [];
    return [{ mapping, test: compared ?? zeroTest(mapping) }];
  }

  /** The callers of a helper that says 0 for a failed map, and that ask dma_mapping_error() about it: 0 is no error. */
  #lost(mapping: Mapping): readonly UntestedHandle[] {
    const { owner, track } = mapping;
    const values = this.#ownership.valuesOf(owner);
    if (!track.checks.some((check) => givesZeroAfter(values, check))) return [];
    return this.#facts.unit.callersOf(owner).flatMap(({ caller, statement }): readonly UntestedHandle[] => {
      if (caller === owner || statement.callee.kind !== "direct") return [];
      const seen = this.#ownership.seenFrom(caller, statement, mapping);
      const { checks, zeroTests, comparisons } = seen.track;
      const [check] = checks;
      if (!check || zeroTests.length > 0 || comparisons.length > 0 || !isUsed(seen.track)) return [];
      return [{ mapping: seen, test: { kind: "error-lost", by: owner, ...spanOf(check) } }];
    });
  }

  /** A helper gets the handle, its storage or the object that holds it, and tests. */
  #checkedByCallees({ owner, track }: Mapping): boolean {
    for (const { call, argument } of track.passes) {
      const callees = this.#ownership.callees(owner, call);
      if (callees.some((callee) => this.#checksParameter(callee, argument))) return true;
      const name = directName(call);
      // A function of another driver or a macro of another header: what it is called is all that is known of it.
      if (
        callees.length === 0 &&
        !this.#ownership.api(owner, call) &&
        /mapping_err|map_err|dma_err|check|valid/.test(name)
      )
        return true;
    }
    return [...track.entered].some((callee) => this.#testsField(callee, track.fields, 0));
  }

  #checkedByCallers(
    owner: ProgramFunction,
    fields: ReadonlySet<string>,
    depth: number,
    seen: Set<ProgramFunction>,
  ): boolean {
    if (fields.size === 0 || depth >= deepest || seen.has(owner)) return false;
    seen.add(owner);
    return this.#facts.unit
      .callersOf(owner)
      .some(
        ({ caller }) =>
          matches(this.#fieldsOf(caller), fields) || this.#checkedByCallers(caller, fields, depth + 1, seen),
      );
  }

  #testsField(owner: ProgramFunction, fields: ReadonlySet<string>, depth: number): boolean {
    if (matches(this.#fieldsOf(owner), fields)) return true;
    if (depth >= deepest) return false;
    return this.#facts.unit.calleesOf(owner).some(({ target }) => this.#testsField(target, fields, depth + 1));
  }

  /** The fields that the function tests with dma_mapping_error(). */
  #fieldsOf(owner: ProgramFunction): ReadonlySet<string> {
    const known = this.#checkedFields.get(owner);
    if (known) return known;
    const fields = new Set<string>();
    for (const argument of this.#checkArguments(owner)) {
      const one = peel(argument);
      const name = one.kind === "read" ? fieldName(one.place) : undefined;
      if (name !== undefined) fields.add(name);
    }
    this.#checkedFields.set(owner, fields);
    return fields;
  }

  #checksParameter(owner: ProgramFunction, parameter: number): boolean {
    const key = `${owner.file} ${owner.name} ${parameter}`;
    const known = this.#checkedParameters.get(key);
    if (known !== undefined) return known;
    this.#checkedParameters.set(key, false);
    const found = this.#findsParameterCheck(owner, parameter);
    this.#checkedParameters.set(key, found);
    return found;
  }

  #findsParameterCheck(owner: ProgramFunction, parameter: number): boolean {
    const variable = owner.parameters[parameter];
    const values = this.#ownership.valuesOf(owner);
    if (variable === undefined || !values.settled) return false;
    const entry = `<P${variable}>`;
    for (const block of owner.blocks)
      for (const statement of block.statements) {
        if (statement.kind !== "call") continue;
        const checks = this.#ownership.api(owner, statement)?.effect === "check-handle";
        const callees = this.#ownership.callees(owner, statement);
        if (!checks && callees.length === 0) continue;
        const environment = values.before(statement);
        for (const [index, argument] of statement.arguments.entries()) {
          if (!textOfValue(values.evaluate(environment, argument)).includes(entry)) continue;
          if (checks || callees.some((callee) => this.#checksParameter(callee, index))) return true;
        }
      }
    return false;
  }

  #checkArguments(owner: ProgramFunction): readonly CallStatement["arguments"][number][] {
    const { index } = workingsOf(this.#facts);
    return owner.blocks.flatMap((block) =>
      block.statements.flatMap((statement) =>
        statement.kind === "call" && index.api(owner, statement)?.effect === "check-handle" ? statement.arguments : [],
      ),
    );
  }
}

/** The handle is compared with 0 right after the map: elsewhere 0 may be the driver's own mark for what is not mapped. */
function zeroTest({ owner, call, track }: Mapping): WrongTest | undefined {
  const block = owner.blocks.find((one) => one.statements.includes(call))?.id;
  const zero = track.zeroTests.find((one) => one.block === block);
  return zero && { kind: "zero", ...spanOf(zero.condition) };
}

/** The comparison of the handle with something else that is no test of it, if it is one that is understood. */
function wrongComparison({ site, comparisons, passes }: Track, values: OwnershipValues): WrongTest | undefined {
  for (const { condition, block } of comparisons) {
    const one = peel(condition);
    const inner = one.kind === "unary" && one.operator === "!" ? peel(one.operand) : one;
    if (inner.kind !== "binary") continue;
    const environment = values.exitOf(block);
    // A number made of the handle may be compared with anything.
    const sides = [inner.left, inner.right].map((side) => textOfValue(values.evaluate(environment, side)));
    if (!sides.some((side) => site.handles.includes(side))) continue;
    const span = spanOf(condition);
    if (/^[=!]=$/.test(inner.operator) && [inner.left, inner.right].some(isErrorValue))
      return { kind: "by-hand", ...span };
    if (inner.operator === "<" && isZero(peel(inner.right))) return { kind: "negative", ...span };
  }
  for (const { call, by } of passes) {
    const name = directName(call);
    if (by === "value" && pointerTests.has(name)) return { kind: "error-pointer", by: name, ...spanOf(call) };
  }
  return undefined;
}
/** include/linux/err.h: an address from -4095 to -1 is an error. */
const pointerTests = new Set(["IS_ERR", "IS_ERR_OR_NULL", "IS_ERR_VALUE", "PTR_ERR_OR_ZERO"]);

function isErrorValue(expression: Expression): boolean {
  const one = peel(expression);
  return (one.kind === "symbol" || one.kind === "constant") && one.name === "DMA_MAPPING_ERROR";
}
function spanOf({ file, start, end }: FileSpan): FileSpan {
  return { file, start, end };
}

/** Whether the function returns 0 on every way on which the test says that the map failed. */
function givesZeroAfter(values: OwnershipValues, check: CallStatement): boolean {
  const returned = afterFailure(values, check, { value: undefined, negative: true }, () => "on");
  return returned.length > 0 && returned.every((one) => one === "#0");
}

/** The handle goes out through `*parameter`: the caller knows it as a variable of its own. */
function fillsParameter({ owner, track }: Mapping): boolean {
  return track.stores.some(
    ({ place }) =>
      place.root.kind === "variable" &&
      owner.variables[place.root.id]?.kind === "parameter" &&
      place.steps.length === 1 &&
      place.steps[0]?.kind === "deref",
  );
}

/** A handle that only goes back to unmap hurts nobody: it is kept in memory or handed to somebody else. */
function isUsed(track: Track): boolean {
  const kept = track.stores.some(({ place }) => place.steps.length > 0 || place.root.kind === "global");
  return kept || track.passes.some(({ call }) => !track.releases.includes(call) && !track.handBacks.includes(call));
}

function matches(tested: ReadonlySet<string>, fields: ReadonlySet<string>): boolean {
  return [...tested].some((one) => [...fields].some((field) => sameField(one, field)));
}
