/** What every command of `dma-lens` gets and gives. */
import type { Engine } from "../host/engine.ts";

/** The process around a command, so that tests can give another. */
export interface Terminal {
  /** Absolute; names in the output are relative to it. */
  readonly workingFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether the standard output is a terminal: only then are there colours. */
  readonly isTerminal: boolean;
  write(text: string): void;
  writeError(text: string): void;
}

export interface CommandContext {
  readonly engine: Engine;
  readonly terminal: Terminal;
  /** The program's file, which worker threads run too; undefined where there is none, as in tests of the sources. */
  readonly bundle?: string;
}

/** 0 clean, 1 findings, 2 could not run. */
export type ExitStatus = 0 | 1 | 2;

export type Command = (words: readonly string[], context: CommandContext) => Promise<ExitStatus>;

/** The command line is wrong, or what it names is not there: the message is for people, the exit status is 2. */
export class UsageError extends Error {}
