/**
 * Conditions of `#if` that the file itself settles: `#undef USE_DMA` above makes `#ifdef USE_DMA` dead code. What the configuration or
 * a header may say stays open, and so does a name that is defined under an open condition.
 */

/** Text of a macro's replacement, `null` where the name is certainly not defined, undefined where nobody knows. */
type Meaning = string | null | undefined;

interface Event {
  readonly at: number;
  readonly meaning: Meaning;
}

let last: { readonly text: string; readonly events: ReadonlyMap<string, readonly Event[]> } | undefined;

/** Whether the condition of an `#if` at offset `at` of the file certainly holds, or certainly does not; else undefined. */
export function settledCondition(text: string, at: number, condition: string): boolean | undefined {
  // Files are lowered one after the other: one is remembered.
  if (last?.text !== text) last = { text, events: readDirectives(text) };
  const { events } = last;
  return evaluate(condition, (name) => meaningAt(events.get(name), at));
}

/** The arms of a group that may be there, as positions in the list of conditions; `settled` when one of them certainly is. */
export function openArms(
  text: string,
  at: number,
  conditions: readonly (string | undefined)[],
): { readonly arms: readonly number[]; readonly settled: boolean } {
  const arms: number[] = [];
  for (const [index, condition] of conditions.entries()) {
    const holds = condition === undefined ? true : settledCondition(text, at, condition);
    if (holds === false) continue;
    arms.push(index);
    if (holds === true) return { arms, settled: true };
  }
  return { arms, settled: false };
}

function meaningAt(events: readonly Event[] | undefined, at: number): Meaning {
  return events?.findLast((event) => event.at < at)?.meaning;
}

const directive = /^[ \t]*#[ \t]*(define|undef|if|ifdef|ifndef|elif|else|endif)\b[ \t]*(.*)$/gm;

interface Level {
  /** Whether the arm is there, seen from the one around it; undefined where that is open. */
  holds: boolean | undefined;
  /** Whether an earlier arm of the group was there. */
  taken: boolean | undefined;
}

function readDirectives(text: string): ReadonlyMap<string, readonly Event[]> {
  const events = new Map<string, Event[]>();
  const levels: Level[] = [];
  const lines = [...blanked(text).matchAll(directive)];
  const add = (name: string, at: number, meaning: Meaning): void => {
    const list = events.get(name);
    if (list) list.push({ at, meaning });
    else events.set(name, [{ at, meaning }]);
  };
  lines.forEach((line, index) => {
    const [, kind = "", rest = ""] = line;
    const at = line.index;
    const value = (condition: string): boolean | undefined =>
      evaluate(condition, (name) => meaningAt(events.get(name), at));
    const word = /^\w+/.exec(rest)?.[0] ?? "";
    const top = levels.at(-1);
    switch (kind) {
      case "define":
      case "undef": {
        if (levels.some((level) => level.holds === false)) return;
        const isOpen = levels.some((level) => level.holds === undefined);
        const body = rest.slice(word.length);
        const meaning = kind === "undef" ? null : body.startsWith("(") ? undefined : body.trim();
        add(word, at, isOpen ? undefined : meaning);
        return;
      }
      case "if":
      case "ifdef":
      case "ifndef": {
        const condition = kind === "if" ? rest : kind === "ifdef" ? `defined(${word})` : `!defined(${word})`;
        const next = lines[index + 1];
        // An include guard: the file is read once.
        const guard = kind === "ifndef" && next?.[1] === "define" && next[2]?.trim() === word;
        const holds = guard ? true : value(condition);
        levels.push({ holds, taken: holds });
        return;
      }
      case "elif":
      case "else": {
        if (!top) return;
        const own = kind === "else" ? true : value(rest);
        top.holds =
          top.taken === true || own === false ? false : top.taken === undefined || own === undefined ? undefined : true;
        if (top.taken !== true) top.taken = top.taken === undefined || own === undefined ? undefined : own;
        return;
      }
      default:
        levels.pop();
    }
  });
  return events;
}

/** The text with comments and continued lines as blanks, offsets kept. */
function blanked(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|\\\n/g, (part) =>
    part.startsWith('"') ? part : part === "\\\n" ? "  " : part.replace(/[^\n]/g, " "),
  );
}

/** A condition of names, numbers, `defined`, `!`, comparisons, `&&` and `||`; undefined for any other. */
function evaluate(condition: string, meaning: (name: string) => Meaning): boolean | undefined {
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
