/**
 * Calls of the DMA API that can be left out of a driver, and calls that can be put in, to see by a run what they are good for.
 * Each is a set of edits of the text; a session with them is made as one with a fix is.
 */
import type { CallToggle } from "./api.ts";
import { apiFunction } from "./kernel/catalogue.ts";
import type { Effect } from "./kernel/contract.ts";
import type { CallStatement, DriverUnit, PathStep, ProgramFunction } from "./program/program.ts";
import type { FileSpan } from "./text/span.ts";

/** In the functions that the path leads through, in the order of the path and of the source. */
export function callToggles(unit: DriverUnit, path: readonly PathStep[]): readonly CallToggle[] {
  const owners = new Set(path.flatMap((step) => unit.functionNamed(step.function, step.file) ?? []));
  const sink = path.at(-1);
  return [...owners].flatMap((owner) => {
    const text = unit.files.get(owner.file)?.text;
    if (text === undefined) return [];
    const calls = callsOf(owner);
    const last = sink?.file === owner.file && sink.function === owner.name ? sink : undefined;
    return [...drops(text, owner, calls), ...(last === undefined ? [] : additions(text, owner, calls, last))];
  });
}

const groups: Partial<Readonly<Record<Effect, CallToggle["what"]>>> = {
  "map-streaming": "map",
  "map-sg": "map",
  "unmap-streaming": "unmap",
  "unmap-sg": "unmap",
  "sync-for-cpu": "sync",
  "sync-for-device": "sync",
  "sync-sg-for-cpu": "sync",
  "sync-sg-for-device": "sync",
  barrier: "barrier",
};

interface ApiCall {
  readonly call: CallStatement;
  readonly name: string;
  readonly what: CallToggle["what"];
  /** Counts the calls of that name in the function. */
  readonly ordinal: number;
}

function callsOf(owner: ProgramFunction): readonly ApiCall[] {
  const found: { readonly call: CallStatement; readonly name: string; readonly what: CallToggle["what"] }[] = [];
  for (const { statements } of owner.blocks) {
    for (const call of statements) {
      if (call.kind !== "call" || call.callee.kind !== "direct" || call.implicit === true) continue;
      if (call.macro !== undefined || call.file !== owner.file) continue;
      const { name } = call.callee;
      const effect = apiFunction(name)?.effect;
      const what = effect === undefined ? undefined : groups[effect];
      if (what !== undefined) found.push({ call, name, what });
    }
  }
  found.sort((a, b) => a.call.start - b.call.start);
  const count = new Map<string, number>();
  return found.map((one) => {
    const ordinal = count.get(one.name) ?? 0;
    count.set(one.name, ordinal + 1);
    return { ...one, ordinal };
  });
}

/**
 * A mapping that is dropped keeps its handle, since what comes after needs one: only what it does to the cache and to bounce buffers
 * is left out, by DMA_ATTR_SKIP_CPU_SYNC. Every other call goes as a whole, if nothing needs its result.
 */
function drops(text: string, owner: ProgramFunction, calls: readonly ApiCall[]): readonly CallToggle[] {
  return calls.flatMap(({ call, name, what, ordinal }) => {
    const newText =
      what === "map" ? withoutCacheWork(text, call, name) : call.result === undefined ? "(void)0" : undefined;
    if (newText === undefined) return [];
    const { file, start, end } = call;
    return [
      {
        id: `drop:${owner.name}:${name}:${ordinal}`,
        kind: "drop",
        what,
        function: owner.name,
        code: flat(text.slice(start, end)),
        file,
        start,
        end,
        edits: [{ file, start, end, newText }],
      },
    ];
  });
}

const withAttributes: Readonly<Record<string, string>> = {
  dma_map_single: "dma_map_single_attrs",
  dma_map_page: "dma_map_page_attrs",
  dma_map_sg: "dma_map_sg_attrs",
};

function withoutCacheWork(text: string, call: CallStatement, name: string): string | undefined {
  const other = withAttributes[name];
  const code = text.slice(call.start, call.end);
  const at = call.calleeSpan.start - call.start;
  if (other === undefined || !code.endsWith(")") || code.slice(at, at + name.length) !== name) return undefined;
  return `${code.slice(0, at)}${other}${code.slice(at + name.length, -1)}, DMA_ATTR_SKIP_CPU_SYNC)`;
}

/** Before and after the finding's statement: the calls that would pass a mapped buffer on, and the barriers. */
function additions(
  text: string,
  owner: ProgramFunction,
  calls: readonly ApiCall[],
  sink: FileSpan,
): readonly CallToggle[] {
  const before = statementStart(text, owner, sink.start);
  const after = before === undefined ? undefined : statementEnd(text, before, sink.end);
  const { file } = owner;
  const add = (code: string, what: CallToggle["what"]): readonly CallToggle[] =>
    (["before", "after"] as const).flatMap((where) => {
      const at = where === "before" ? before : after;
      if (at === undefined || before === undefined) return [];
      const gap = `\n${indentAt(text, before)}`;
      return [
        {
          id: `add:${owner.name}:${where}:${code}`,
          kind: "add" as const,
          where,
          what,
          function: owner.name,
          code,
          file,
          start: sink.start,
          end: sink.end,
          edits: [{ file, start: at, end: at, newText: where === "before" ? `${code};${gap}` : `${gap}${code};` }],
        },
      ];
    });
  const passing = calls.flatMap(({ call, name, what }) => {
    const mapping = what === "map" && call.start < sink.start ? mappingOf(text, call, name) : undefined;
    if (mapping === undefined) return [];
    const { device, handle, bytes, direction } = mapping;
    return [
      ...add(`dma_sync_single_for_cpu(${device}, ${handle}, ${bytes}, ${direction})`, "sync"),
      ...add(`dma_sync_single_for_device(${device}, ${handle}, ${bytes}, ${direction})`, "sync"),
      ...add(`${name.replace("_map_", "_unmap_")}(${device}, ${handle}, ${bytes}, ${direction})`, "unmap"),
    ];
  });
  const all = [...passing, ...add("dma_wmb()", "barrier"), ...add("dma_rmb()", "barrier")];
  const once = all.filter((one, i) => all.findIndex((other) => other.id === one.id) === i);
  return [...once.filter(({ where }) => where === "before"), ...once.filter(({ where }) => where === "after")];
}

/** What a mapping was made of, as the source spells it; undefined where the source does not name the handle. */
function mappingOf(text: string, call: CallStatement, name: string) {
  const places = { dma_map_single: [0, 2, 3], dma_map_page: [0, 3, 4] };
  const indices = name === "dma_map_single" || name === "dma_map_page" ? places[name] : undefined;
  const { result } = call;
  if (indices === undefined || result === undefined) return undefined;
  const handle = text.slice(result.start, result.end).trim();
  const [device = "", bytes = "", direction = ""] = indices.map((index) => {
    const argument = call.arguments[index];
    return argument === undefined ? "" : flat(text.slice(argument.start, argument.end));
  });
  // A declaration's or a temporary's span is not the handle's name.
  if (!/^[\w\s.>[\]()-]+$/.test(handle) || /^dma_map_|\(.*\(/.test(handle)) return undefined;
  return [device, bytes, direction].includes("") ? undefined : { device, handle, bytes, direction };
}

/**
 * Where the statement begins that the offset lies in: behind the ";", "{" or "}" before it that is in no parentheses. Undefined where
 * a comment, a string, a label or a loop's head makes that doubtful.
 */
function statementStart(text: string, owner: ProgramFunction, offset: number): number | undefined {
  let depth = 0;
  for (let at = offset - 1; at > owner.start; at--) {
    const sign = text[at] ?? "";
    if (sign === ")") depth++;
    else if (sign === "(") depth--;
    else if (sign === '"' || sign === "'" || (sign === "/" && text[at - 1] === "*")) return undefined;
    else if (depth <= 0 && (sign === ";" || sign === "{" || sign === "}")) {
      // In the head of a for loop: its parenthesis is still open.
      if (openBefore(text, owner.start, at)) return undefined;
      let start = at + 1;
      while (start < offset && /\s/.test(text[start] ?? "")) start++;
      return /^(else|case|default)\b/.test(text.slice(start, offset)) ? undefined : start;
    }
  }
  return undefined;
}

/** Behind the ";" that ends the statement; undefined where it ends the function, or has a body. */
function statementEnd(text: string, start: number, end: number): number | undefined {
  if (/^(return|goto|break|continue)\b/.test(text.slice(start, end))) return undefined;
  for (let at = end; at < text.length; at++) {
    const sign = text[at] ?? "";
    if (sign === ";") return openBefore(text, start, at) ? undefined : at + 1;
    if (sign === "{" || sign === "}" || sign === '"') return undefined;
  }
  return undefined;
}

function openBefore(text: string, from: number, to: number): boolean {
  let open = 0;
  for (let at = from; at < to; at++) {
    if (text[at] === "(") open++;
    else if (text[at] === ")") open--;
  }
  return open !== 0;
}

function indentAt(text: string, at: number): string {
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  return /^\s*/.exec(line)?.[0] ?? "";
}

const flat = (code: string): string => code.replace(/\s+/g, " ").trim();
