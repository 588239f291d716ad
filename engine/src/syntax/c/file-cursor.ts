/** The cursor of a whole file. */
import { Cursor } from "./cursor.ts";
import type { Tokens } from "./lexer.ts";
import { KeptTokens } from "./mentions.ts";
import type { FileBrace } from "./splitter.ts";

/** The cursor of a whole file, with its file-scope braces and the directives that were taken out of its functions. */
export class FileCursor extends Cursor {
  readonly braces: readonly FileBrace[];
  readonly kept: KeptTokens;
  readonly hoisted: readonly number[];
  nextBrace = 0;
  nextHoisted = 0;

  constructor(tokens: Tokens, braces: readonly FileBrace[], hoisted: readonly number[]) {
    super(tokens);
    this.braces = braces;
    this.kept = new KeptTokens(tokens);
    this.hoisted = hoisted;
  }

  /** The file-scope brace that opens at the current token. */
  braceHere(): FileBrace | undefined {
    while ((this.braces[this.nextBrace]?.open ?? this.count) < this.pos) this.nextBrace++;
    const brace = this.braces[this.nextBrace];
    return brace?.open === this.pos ? brace : undefined;
  }
  /** Index behind the brace at the current token, or one further when it is none of file scope. */
  behindBrace(pos: number): number {
    for (let i = this.nextBrace; i < this.braces.length; i++) {
      const brace = this.braces[i];
      if (brace === undefined || brace.open > pos) break;
      if (brace.open === pos) return brace.missing ? Math.max(brace.close, pos + 1) : brace.close + 1;
    }
    return pos + 1;
  }
}
