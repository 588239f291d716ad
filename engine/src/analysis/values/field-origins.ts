/**
 * What a field holds over the driver unit: every store to (struct type, field) counts, whoever makes it, and what subsystems put
 * there for the driver.
 */
import { knownMap } from "../../program/dependencies.ts";
import type { ProgramFunction } from "../../program/program.ts";
import { areOneDriver } from "../flow/one-driver.ts";
import type { CallingContexts, Chain, Query } from "../flow/calling-contexts.ts";
import type { Origin } from "../facts.ts";
import { embeddingOf, fieldKey } from "./field-keys.ts";
import type { LocalValues } from "./local-values.ts";
import { unique, unknownOrigin } from "./origins.ts";
import { isSoundField, runtimeSource, soundFacts } from "./sound-buffers.ts";
import type { SourceNames } from "./source-names.ts";
import type { LocalValue } from "./symbols.ts";
import type { Store, UnitIndex } from "./unit-index.ts";

/** What is needed of the resolver that these origins are part of. */
export interface Resolver {
  localValues(owner: ProgramFunction): LocalValues;
  resolve(owner: ProgramFunction, value: LocalValue, chain: Chain, level: number, query: Query): readonly Origin[];
}

export class FieldOrigins {
  readonly #index: UnitIndex;
  readonly #names: SourceNames;
  readonly #contexts: CallingContexts;
  readonly #resolver: Resolver;
  readonly #known = knownMap<string, readonly Origin[]>();

  constructor(index: UnitIndex, names: SourceNames, contexts: CallingContexts, resolver: Resolver) {
    this.#index = index;
    this.#names = names;
    this.#contexts = contexts;
    this.#resolver = resolver;
  }

  /** All origins of "record.field" or "global:name", as seen from a file; `embedding` names the fields around it. */
  of(key: string, embedding: string, file: string, query: Query): readonly Origin[] {
    // A VMA comes with the default protection; who changed it on the way is the caller's or the .mmap handler's affair.
    if (key === "vm_area_struct.vm_page_prot")
      return [{ ...unknownOrigin("vma->vm_page_prot"), kind: "pgprot-cached" }];
    const record = key.slice(0, key.indexOf("."));
    const scope = this.#scopeOf(record, file);
    const name = `${key}|${embedding}|${scope === "prefer" ? `before others ${file}` : (scope ?? "")}`;
    const known = this.#known.get(name);
    if (known) return known;
    if (query.fields.has(name)) {
      query.cut = true;
      return [];
    }
    query.fields.add(name);
    const outerCut = query.cut;
    query.cut = false;
    let stores = this.#index.storesTo(key);
    let own = stores.filter((one) => one.function.file === file);
    const runtime = runtimeSource(key);
    if (runtime !== undefined && own.length === 0) {
      // snd_pcm_set_runtime_buffer() copies a buffer that the driver filled itself.
      own = this.#index.storesTo(runtime).filter((one) => one.function.file === file);
      if (own.length > 0) stores = own;
    }
    if (scope === file || (scope === "prefer" && own.length > 0)) stores = own;
    // Objects of the kernel that one driver of a folder has are none of another's.
    else if (scope === "prefer")
      stores = stores.filter((one) => areOneDriver(this.#index.unit, one.function.file, file));
    const stored = stores === own && own.length > 0 && runtime !== undefined ? [key, runtime] : [key];
    const origins = stores.flatMap((store) => stored.flatMap((one) => this.#storedBy(store, one, embedding, query)));
    if (isSoundField(key, embedding) || (origins.length === 0 && isSoundField(key, "snd_pcm_substream.dma_buffer")))
      // A file that fills its buffers itself does not get those of its neighbours.
      origins.push(
        ...this.#soundOrigins(key, file).filter((one) => own.length === 0 || one.birth?.function.file === file),
      );
    if (origins.length > 0 && (fillers[key] ?? []).some((one) => this.#index.callsTo(one).length > 0))
      origins.push(unknownOrigin(""));
    query.fields.delete(name);
    const result = origins.length > 0 ? unique(origins) : [unknownOrigin("")];
    const incomplete = wasCut(query);
    if (!incomplete) this.#known.set(name, result);
    query.cut = incomplete || outerCut;
    return result;
  }

  /**
   * Whose stores to a struct's field count: those of the file for a struct that a C file defines for itself, all of the unit's
   * for one in a header, and for the kernel's own structs those of the file before those of other
   * files of the driver.
   */
  #scopeOf(record: string, file: string): string | undefined {
    const definition = this.#index.unit.records.get(record);
    if (!definition || definition.file.startsWith("<")) return "prefer";
    return definition.file.endsWith(".h") ? undefined : file;
  }

  #storedBy(store: Store, key: string, embedding: string, query: Query): readonly Origin[] {
    const cells = this.#resolver
      .localValues(store.function)
      .filledBy(store.statement)
      .filter((cell) => {
        if (cell.location.root.kind === "global" && cell.location.steps.length === 0)
          return key === `global:${cell.location.root.name}`;
        if (fieldKey(cell.location.steps) !== key) return false;
        const other = embeddingOf(cell.location.steps);
        return embedding.startsWith("*") || mayBeOne(embedding, other);
      });
    // The store was found by its text, but goes through a local to storage of another name.
    if (cells.length === 0) return [];
    return cells.flatMap((cell) => {
      const resolve = (inner: Query, chain: Chain): readonly Origin[] => {
        const shared: Query = { ...inner, fields: query.fields, depth: query.depth };
        const origins = this.#resolver.resolve(store.function, cell.value, chain, 0, shared);
        inner.open = shared.open;
        query.cut = query.cut || shared.cut;
        return origins;
      };
      const value = this.#contexts.inContexts(store.function, store.statement.id, undefined, resolve, query.work);
      const place = this.#names.location(store.function, cell.location);
      return value.contexts.flatMap((context) =>
        context.origins.map((origin) => ({ ...origin, name: origin.kind === "unknown" ? origin.name : place })),
      );
    });
  }

  #soundOrigins(key: string, file: string): readonly Origin[] {
    return soundFacts(this.#index, key, file).map((fact) => ({
      kind: fact.made,
      birth: fact.site,
      api: this.#index.api(fact.site.function, fact.site.statement),
      path: [this.#names.step(fact.site.function, fact.site.statement.id, "allocate", fact.note)],
      conversions: [],
      guards: [],
      name: key.endsWith("area") ? "the PCM buffer" : "the PCM buffer's DMA address",
    }));
  }
}

/** Calls that store what they are given in a field, of whichever object: the driver's own stores are not all (include/linux/usb.h, linux 6.12.117). */
const fillers: Readonly<Record<string, readonly string[]>> = {
  "urb.context": ["usb_fill_control_urb", "usb_fill_bulk_urb", "usb_fill_int_urb"],
};

/**
 * Whether two embeddings may be of one place: behind a pointer only the inner fields are known, so `wq->rq` in a helper is the
 * `qp->wq.rq` of its caller.
 */
function mayBeOne(a: string, b: string): boolean {
  return a === "" || b === "" || a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);
}

/** A call, so that the compiler does not take the value from before the resolution for granted. */
function wasCut(query: Query): boolean {
  return query.cut;
}
