/**
 * Conditions of `#if` that the file itself settles: `#undef USE_DMA` above makes what `#ifdef USE_DMA` holds no code at all. What
 * the configuration or a header may say stays open, and so does a name that is defined under an open condition.
 */
import { isUndef, macroNameAt, readDefine, wordEnd } from "./directives.ts";

/** Text of a macro's replacement, `null` where the name is certainly not defined, undefined where nobody knows. */
type Meaning = string | null | undefined;

interface Place {
  readonly start: number;
  readonly end: number;
  /** Whether an open condition may leave it out. */
  readonly isOpen: boolean;
}

/** Conditions that ask for nothing but the configuration: nearly all. */
const asksConfiguration = /^!?(?:defined|IS_ENABLED|IS_REACHABLE|IS_BUILTIN|IS_MODULE)? ?\(? ?CONFIG_\w+ ?\)?$/;

/** What the directives of a file say about names, one directive after the other. */
export class KnownNames {
  readonly #text: string;
  /**
   * Definitions that nobody has looked at yet: start and end alternate, the start as its complement where the definition is
   * open. Some headers hold a hundred thousand, and no condition.
   */
  readonly #waiting: number[] = [];
  /** The part of them that has been searched for names of the configuration. */
  #searched = 0;
  #isConfigured = false;
  /** The last definition of each name. */
  readonly #places = new Map<string, Place>();

  constructor(text: string) {
    this.#text = text;
  }

  /** The `#define` or `#undef` at `text[start, end)`. `isOpen` is whether an open condition may leave it out. */
  note(start: number, end: number, isOpen: boolean): void {
    this.#waiting.push(isOpen ? ~start : start, end);
  }

  /** Whether the condition, as `readCondition` gives it, certainly holds here, or certainly does not; else undefined. */
  evaluate(condition: string): boolean | undefined {
    if (asksConfiguration.test(condition) && !this.#definesConfiguration()) return undefined;
    this.#lookAt();
    return evaluateCondition(condition, (name) => this.#meaningOf(name));
  }

  /** Whether the file itself defines a name of the configuration. */
  #definesConfiguration(): boolean {
    for (; this.#searched < this.#waiting.length && !this.#isConfigured; this.#searched += 2) {
      const { start, end } = this.#waitingAt(this.#searched);
      this.#isConfigured = this.#text.startsWith("CONFIG_", macroNameAt(this.#text, start, end));
    }
    return this.#isConfigured;
  }

  #lookAt(): void {
    this.#definesConfiguration();
    for (let i = 0; i < this.#waiting.length; i += 2) {
      const place = this.#waitingAt(i);
      const at = macroNameAt(this.#text, place.start, place.end);
      const end = wordEnd(this.#text, at, place.end);
      if (end > at) this.#places.set(this.#text.slice(at, end), place);
    }
    this.#waiting.length = 0;
    this.#searched = 0;
  }

  #waitingAt(i: number): Place {
    const code = this.#waiting[i] ?? 0;
    return { start: code < 0 ? ~code : code, end: this.#waiting[i + 1] ?? 0, isOpen: code < 0 };
  }

  #meaningOf(name: string): Meaning {
    const place = this.#places.get(name);
    if (place === undefined || place.isOpen) return undefined;
    if (isUndef(this.#text, place.start)) return null;
    const definition = readDefine(this.#text, place.start, place.end);
    if (definition === undefined || definition.parameters !== undefined) return undefined;
    const { start, end } = definition.body;
    return this.#text
      .slice(start, end)
      .replace(/\/\*[^]*?\*\/|\/\/.*|\\\r?\n/g, " ")
      .trim();
  }
}

/**
 * Whether an `#if` with the condition, before the `#define` at `text[start, end)`, is the guard of a header: what it holds is
 * there, since the file is read once.
 */
export function isHeaderGuard(text: string, condition: string, start: number, end: number): boolean {
  if (!condition.startsWith("!defined(")) return false;
  const definition = readDefine(text, start, end);
  if (definition === undefined || definition.parameters !== undefined) return false;
  return condition === `!defined(${definition.name})` && definition.body.start === definition.body.end;
}

/** A condition of names, numbers, `defined`, `!`, comparisons, `&&` and `||`; undefined for any other. */
function evaluateCondition(condition: string, meaning: (name: string) => Meaning): boolean | undefined {
  const tokens = condition.match(/defined\b|[A-Za-z_]\w*|\d\w*|&&|\|\||[!=<>]=|[!()<>]|\S/g) ?? [];
  let at = 0;
  const number = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);

  const primary = (depth: number): number | undefined => {
    const token = tokens[at++];
    if (token === undefined || depth > 20) return broken();
    if (token === "!") {
      const inner = primary(depth + 1);
      return inner === undefined ? undefined : inner === 0 ? 1 : 0;
    }
    if (token === "(") {
      const inner = either(depth + 1);
      return tokens[at++] === ")" ? inner : broken();
    }
    if (token === "defined") {
      const isCall = tokens[at] === "(";
      const name = tokens[isCall ? at + 1 : at] ?? "";
      at += isCall ? 3 : 1;
      const known = meaning(name);
      return known === undefined ? undefined : known === null ? 0 : 1;
    }
    if (/^\d/.test(token)) return number(token.replace(/[uUlL]+$/, ""));
    if (!/^[A-Za-z_]/.test(token)) return broken();
    // A function-like use (IS_ENABLED(...)) is nobody's to tell: its arguments are passed over.
    if (tokens[at] === "(") return broken();
    const known = meaning(token);
    return known === null ? 0 : known === undefined ? undefined : number(known.replace(/^\((\d+)\)$/, "$1"));
  };
  const comparison = (depth: number): number | undefined => {
    const left = primary(depth);
    const operator = tokens[at];
    if (operator === undefined || !/^([!=<>]=|[<>])$/.test(operator)) return left;
    at++;
    const right = primary(depth);
    if (left === undefined || right === undefined) return undefined;
    const results: Readonly<Record<string, boolean>> = {
      "==": left === right,
      "!=": left !== right,
      "<": left < right,
      ">": left > right,
      "<=": left <= right,
      ">=": left >= right,
    };
    return results[operator] === true ? 1 : 0;
  };
  const both = (depth: number): number | undefined => {
    let result = comparison(depth);
    while (tokens[at] === "&&") {
      at++;
      const right = comparison(depth);
      result = result === 0 || right === 0 ? 0 : result === undefined || right === undefined ? undefined : 1;
    }
    return result;
  };
  const either = (depth: number): number | undefined => {
    let result = both(depth);
    while (tokens[at] === "||") {
      at++;
      const right = both(depth);
      const isTrue = (result !== undefined && result !== 0) || (right !== undefined && right !== 0);
      result = isTrue ? 1 : result === undefined || right === undefined ? undefined : 0;
    }
    return result;
  };
  const reading = { isBroken: false };
  const broken = (): number | undefined => {
    reading.isBroken = true;
    return undefined;
  };
  const result = either(0);
  if (reading.isBroken || at < tokens.length || result === undefined) return undefined;
  return result !== 0;
}
