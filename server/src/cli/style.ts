/** Colours, where they are wanted. */
import type { Terminal } from "./command.ts";

export interface Style {
  readonly bold: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly green: (text: string) => string;
}

/** Colours on a terminal only, never with NO_COLOR, always with FORCE_COLOR. */
export function styleFor({ environment, isTerminal }: Terminal): Style {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0";
  const coloured = (NO_COLOR ?? "") === "" && (forced || (isTerminal && TERM !== "dumb"));
  const paint =
    (code: number, end: number) =>
    (text: string): string =>
      coloured ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return {
    bold: paint(1, 22),
    faint: paint(2, 22),
    red: paint(31, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
    green: paint(32, 39),
  };
}
