/**
 * Hits and misses of the cache model against cachegrind (Debian's valgrind, installed here where it is missing), on the accesses of a real
 * program as lackey tells them.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { platformById } from "../platforms/index.ts";
import { needProgram, runProgram } from "../testing/node/debian.ts";
import { TagArray } from "./cache.ts";
import { Machine, type MachineModel, modelOf } from "./index.ts";
import type { CacheModel } from "./model.ts";

/** Walks by rows and by columns, follows a list, sorts, clears: near, far, and far apart. */
const program = `
#include <stdlib.h>
#include <string.h>
static int grid[96][96];
struct node { struct node *next; int value[5]; };
static struct node nodes[700];
static int order(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(void) {
  int sum = 0;
  for (int i = 0; i < 96; i++) for (int j = 0; j < 96; j++) grid[i][j] = i * j;
  for (int j = 0; j < 96; j++) for (int i = 0; i < 96; i++) sum += grid[i][j];
  for (int i = 0; i < 700; i++) { nodes[i].next = &nodes[(i * 37 + 11) % 700]; nodes[i].value[2] = i; }
  struct node *at = nodes;
  for (int i = 0; i < 3000; i++) { at->value[i % 5] += i; at = at->next; sum += at->value[2]; }
  char *block = malloc(20001);
  memset(block, 1, 20001);
  for (int i = 1; i + 8 < 20001; i += 61) sum += *(volatile int *)(block + i);
  qsort(&grid[3][0], 96 * 4, sizeof(int), order);
  return sum == 42;
}
`;

/** Bytes of the cache, ways, bytes of a line. */
const geometries = [
  [16384, 4, 32],
  [32768, 4, 64],
  [16384, 1, 32],
  [32768, 64, 32],
] as const;

interface Access {
  readonly address: number;
  readonly size: number;
  /** M: loads, then stores to the same place. */
  readonly kind: "L" | "S" | "M";
}

interface Counts {
  readonly refs: number;
  readonly misses: number;
  readonly readMisses: number;
  readonly writeMisses: number;
}

const folder = mkdtempSync(path.join(tmpdir(), "dl-geometry-"));
let accesses: readonly Access[] = [];

/** The same addresses in every run: no randomised layout where that may be switched off, and no environment on the stack. */
function valgrind(words: readonly string[]): void {
  const fixed = spawnSync("setarch", ["-R", "true"]).status === 0 ? ["setarch", "-R"] : [];
  const command: readonly string[] = [...fixed, "env", "-i", "valgrind", ...words, "./program"];
  runProgram(command[0] ?? "env", command.slice(1), folder);
}

beforeAll(() => {
  needProgram("valgrind");
  needProgram("gcc");
  writeFileSync(path.join(folder, "program.c"), program);
  runProgram("gcc", ["-O1", "-static", "-o", "program", "program.c"], folder);
  valgrind(["--tool=lackey", "--trace-mem=yes", "--log-file=trace.out"]);
  accesses = [...readFileSync(path.join(folder, "trace.out"), "utf8").matchAll(/^ ([LSM]) ([0-9a-f]+),(\d+)$/gm)].map(
    ([, kind, address, size]) => ({
      address: Number.parseInt(address ?? "", 16),
      size: Number(size),
      kind: kind === "M" ? "M" : kind === "S" ? "S" : "L",
    }),
  );
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function byCachegrind(bytes: number, ways: number, line: number): Counts {
  valgrind([
    "--tool=cachegrind",
    "--cache-sim=yes",
    "--cachegrind-out-file=/dev/null",
    "--log-file=counts.out",
    `--D1=${bytes},${ways},${line}`,
    "--I1=32768,4,32",
    "--LL=8388608,16,64",
  ]);
  const log = readFileSync(path.join(folder, "counts.out"), "utf8");
  const number = (text: string | undefined): number => Number((text ?? "").replaceAll(",", ""));
  const [, refs] = /D +refs: +([\d,]+)/.exec(log) ?? [];
  const [, misses, read, write] = /D1 +misses: +([\d,]+) +\( *([\d,]+) rd +\+ +([\d,]+) wr\)/.exec(log) ?? [];
  return { refs: number(refs), misses: number(misses), readMisses: number(read), writeMisses: number(write) };
}

function model(bytes: number, ways: number, line: number): CacheModel {
  const sets = bytes / ways / line;
  return {
    lineBytes: line,
    ways,
    sets,
    index: "physical",
    tag: "physical",
    write: "back",
    allocate: "read-write",
    replacement: "lru",
    granuleBytes: line,
  };
}

/** An access over two lines counts once, and misses where one of them does: cachegrind's rule. */
function counted(missed: (access: Access) => boolean): Counts {
  let readMisses = 0;
  let writeMisses = 0;
  for (const access of accesses) {
    if (!missed(access)) continue;
    if (access.kind === "S") writeMisses++;
    else readMisses++;
  }
  return { refs: accesses.length, misses: readMisses + writeMisses, readMisses, writeMisses };
}

function byPlaces(cache: CacheModel): Counts {
  const tags = new TagArray(cache);
  return counted(({ address, size }) => {
    let missed = false;
    const first = address - (address % cache.lineBytes);
    for (let line = first; line < address + size; line += cache.lineBytes) {
      const found = tags.find(line, line);
      if (found >= 0) {
        tags.use(found);
        continue;
      }
      missed = true;
      const place = tags.victim(line, line);
      if (tags.at(place) !== undefined) tags.remove(place);
      tags.insert(place, line, line);
    }
    return missed;
  });
}

/** The whole machine: every load and store a step, a miss where its events tell of a fill. Also counts write-backs of victims. */
function byMachine(cache: CacheModel): { readonly counts: Counts; readonly writeBacks: number } {
  const platform = platformById("mips24k");
  const preset = platform === undefined ? undefined : modelOf(platform);
  if (preset === undefined) throw new Error("no preset");
  const machineModel: MachineModel = { ...preset, cache };
  const machine = new Machine(machineModel);
  // Blocks of 64 KiB in the order of their first use: the index of no geometry has bits above that.
  const block = 0x10000;
  const blocks = new Map<number, number>();
  const base = machine.board.linear(machine.board.allocatePages(64 * block));
  const virtualOf = (address: number): number => {
    const at = Math.floor(address / block);
    const known = blocks.get(at) ?? blocks.size;
    blocks.set(at, known);
    return base + known * block + (address % block);
  };
  let writeBacks = 0;
  const counts = counted(({ address, size, kind }) => {
    let missed = false;
    const virtual = virtualOf(address);
    const steps = [
      ...(kind === "S" ? [] : [{ kind: "load", agent: "cpu", virtual, size } as const]),
      ...(kind === "L" ? [] : [{ kind: "store", agent: "cpu", virtual, bytes: new Uint8Array(size) } as const]),
    ];
    for (const step of steps) {
      for (const event of machine.step(step).events) {
        if (event.kind !== "line") continue;
        if (event.action === "fill") missed = true;
        if (event.action === "evict" && event.before?.dirty.includes(true) === true) writeBacks++;
      }
    }
    return missed;
  });
  expect(blocks.size).toBeLessThan(64);
  return { counts, writeBacks };
}

describe("the cache's geometry", () => {
  it("is judged by a real program", () => {
    expect(accesses.length).toBeGreaterThan(50_000);
    expect(accesses.some(({ address, size }) => (address % 32) + size > 32)).toBe(true);
  });

  it.each(geometries)("%i bytes, %i ways, lines of %i: as cachegrind counts", (bytes, ways, line) => {
    const cache = model(bytes, ways, line);
    const theirs = byCachegrind(bytes, ways, line);
    expect(theirs.misses).toBeGreaterThan(500);
    expect(byPlaces(cache)).toEqual(theirs);
  });

  it("is the same for the whole machine", () => {
    const cache = model(16384, 4, 32);
    const { counts, writeBacks } = byMachine(cache);
    expect(counts).toEqual(byPlaces(cache));
    // A dirty line cannot leave more often than lines come in.
    expect(writeBacks).toBeGreaterThan(0);
    expect(writeBacks).toBeLessThanOrEqual(counts.misses);
  });
});
