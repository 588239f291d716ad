/** The kernel's functions as the simulated machine knows them, by name. */
import { accessorFunctions } from "./accessors.ts";
import { allocationFunctions } from "./allocation.ts";
import { busFunctions } from "./buses.ts";
import { coherentFunctions } from "./coherent.ts";
import { copyFunctions } from "./memory-copies.ts";
import { aliasFunctions } from "./kernel-aliases.ts";
import { exceptionalMappings } from "./mapping-exceptions.ts";
import { mmioFunctions } from "./mmio.ts";
import type { ModelFunction, ModelTable } from "./model.ts";
import { pageFunctions } from "./pages.ts";
import { physicalAddressFunctions } from "./physical-addresses.ts";
import { scatterlistFunctions } from "./scatterlist.ts";
import { soundFunctions } from "./sound.ts";
import { streamingFunctions } from "./streaming.ts";
import { userMappingFunctions } from "./user-mapping.ts";

const tables: readonly ModelTable[] = [
  accessorFunctions,
  allocationFunctions,
  busFunctions,
  coherentFunctions,
  copyFunctions,
  mmioFunctions,
  pageFunctions,
  scatterlistFunctions,
  soundFunctions,
  streamingFunctions,
  userMappingFunctions,
  // These know more of some functions than the tables before them.
  aliasFunctions,
  physicalAddressFunctions,
  exceptionalMappings,
];

let merged: ReadonlyMap<string, ModelFunction> | undefined;

/** The model of a kernel function or macro; undefined when it has none. */
export function modelFunction(name: string): ModelFunction | undefined {
  merged ??= new Map(tables.flatMap((table) => Object.entries(table)));
  return merged.get(name);
}

/** Names that the model knows, for the documentation and the tests. */
export function modelledNames(): readonly string[] {
  return tables.flatMap((table) => Object.keys(table)).sort();
}
