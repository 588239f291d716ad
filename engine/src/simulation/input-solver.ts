/**
 * Finds inputs for which a condition holds: constants that stand in it, numbers that are common, and for pointers nothing or something.
 * What the run has relied on so far must go on to hold, if that can be had.
 */
import { constantsOf, evaluate, inputsOf, isFailure, type Origin, type Value } from "./value.ts";
import type { Plan } from "./world.ts";

interface Requirement {
  readonly origin: Origin;
  readonly holds: (bits: bigint) => boolean;
}

type Changes = ReadonlyMap<string, bigint>;

/** Attempts of a run after which no other inputs are looked for. */
export const maximalAttempts = 100;
/** Requirements that are kept: of a long loop the latest are enough. */
const mostRequirements = 200;

/** What stands for a pointer to an object when conditions are tried out. */
const someObject = 0x10000n;
const ordinary: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  8n,
  12n,
  16n,
  32n,
  64n,
  128n,
  256n,
  512n,
  1024n,
  2048n,
  4096n,
  8192n,
  65536n,
  -1n,
];

export class InputSolver {
  readonly #plan: Plan;
  readonly #inputs: ReadonlyMap<string, bigint>;
  readonly #requirements: Requirement[] = [];

  /** `inputs` are those that the run has read so far, with their values. */
  constructor(plan: Plan, inputs: ReadonlyMap<string, bigint>) {
    this.#plan = plan;
    this.#inputs = inputs;
  }

  /** The run has come to where it is because this held. */
  require({ origin }: Value, holds: (bits: bigint) => boolean): void {
    if (origin === undefined) return;
    if (this.#requirements.length >= mostRequirements) this.#requirements.shift();
    this.#requirements.push({ origin, holds });
  }

  /** Plans inputs for which it holds; false where none are found. */
  solve(origin: Origin, holds: (bits: bigint) => boolean): boolean {
    if (this.#plan.attempts >= maximalAttempts) return false;
    // That a call fails is the last thing to suppose.
    const known = inputsOf(origin, 6).filter((name) => this.#inputs.has(name));
    const names = [...known.filter((name) => !isFailure(name)), ...known.filter(isFailure)].slice(0, 4);
    if (names.length === 0) return false;
    const bound = this.#requirements.filter((one) => inputsOf(one.origin, 8).some((name) => names.includes(name)));
    const found =
      this.#search(origin, holds, names, bound) ??
      (bound.length > 0 ? this.#search(origin, holds, names, []) : undefined);
    if (found === undefined) return false;
    for (const [name, bits] of found) this.#plan.inputs.set(name, bits === someObject ? "object" : bits);
    this.#plan.shared.length = 0;
    return true;
  }

  #search(
    origin: Origin,
    holds: (bits: bigint) => boolean,
    names: readonly string[],
    bound: readonly Requirement[],
  ): Changes | undefined {
    const constants = [origin, ...bound.map((one) => one.origin)].flatMap((one) => constantsOf(one));
    const near = constants.slice(0, mostConstants).flatMap((bits) => [bits, bits + 1n, bits - 1n]);
    const candidates = [...new Set([...near, ...ordinary])];
    const fits = (changes: Changes): boolean => {
      const read = (name: string): bigint | undefined => changes.get(name) ?? this.#inputs.get(name);
      const bits = evaluate(origin, read);
      if (bits === undefined || !holds(bits)) return false;
      return bound.every((one) => {
        const value = evaluate(one.origin, read);
        return value === undefined || one.holds(value);
      });
    };
    for (const name of names) {
      for (const bits of this.#options(name, candidates)) {
        const changes = new Map([[name, bits]]);
        if (fits(changes)) return changes;
      }
    }
    for (const [index, first] of names.entries()) {
      for (const second of names.slice(index + 1)) {
        for (const a of this.#options(first, candidates)) {
          for (const b of this.#options(second, candidates)) {
            const changes = new Map([
              [first, a],
              [second, b],
            ]);
            if (fits(changes)) return changes;
          }
        }
      }
    }
    return undefined;
  }

  /** What an input may be set to: an address only to nothing or to something. */
  #options(name: string, candidates: readonly bigint[]): readonly bigint[] {
    if (isFailure(name)) return [0n, 1n];
    const current = this.#inputs.get(name) ?? 0n;
    return current >= 0x100000n ? [0n] : [...candidates, someObject];
  }
}

const mostConstants = 24;
