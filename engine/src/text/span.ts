/**
 * A half-open stretch of one source text.
 * Offsets count UTF-16 code units from the start of the text, so they are LSP offsets without conversion.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A span in a named file of the driver unit. `file` is the name that the host gave (a path, compared as a string). */
export interface FileSpan extends Span {
  readonly file: string;
}
