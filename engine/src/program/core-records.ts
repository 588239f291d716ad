/**
 * Structures of the kernel that drivers use although their headers are not in a driver unit: the fields that matter for
 * memory and DMA, so that (struct, field) has a name. They are partial: a field that is not listed has an unknown type.
 * Lines are those of linux 6.12.117.
 */
import { parseC } from "../syntax/c/parse.ts";
import { declarationsOf, type FileDeclarations } from "./declarations.ts";
import { corePrototypes, coreRecordSources } from "./core-record-data.ts";

export const coreFileName = "<kernel>";

let declarations: FileDeclarations | undefined;

/** The kernel's core as one more file that every file sees last. Made once: it depends on no input. */
export function coreDeclarations(): FileDeclarations {
  if (declarations === undefined) {
    const text = [...coreRecordSources, ...corePrototypes].map((one) => `${one.text}\n`).join("");
    declarations = declarationsOf(coreFileName, parseC(text), text);
  }
  return declarations;
}

/** Where the structure is declared in linux 6.12.117 ("include/linux/mm_types.h:712"), if it is one of the core. */
export function coreRecordSource(name: string): string | undefined {
  return coreRecordSources.find((record) => record.name === name)?.source;
}
