/**
 * Litmus tests as Promela models for Spin: an exhaustive search that shares no code with the engines, over the transition rules of the
 * platforms, written down once more. One model holds all machines: which one it is is the first choice of a run. At its end a run
 * prints its machine and registers.
 */
import type { MachineModel } from "../machine/model.ts";
import { rules } from "./promela-rules.ts";
import { coloursOf } from "../machine/model.ts";
import { placesOf } from "../simulation/litmus/litmus-expressions.ts";
import type {
  LitmusExpression,
  LitmusOperation,
  LitmusPlace,
  LitmusSource,
  LitmusStatement,
} from "../program/litmus/litmus-source.ts";

/** The model, or undefined where the test has what the translation does not: branches, loops, arithmetic, faults, bounce buffers. */
export function promelaOf(test: LitmusSource, machines: readonly MachineModel[]): string | undefined {
  if (test.bad.kind === "faulted") return undefined;
  const translated = test.agents.map(({ name, body }) => ({
    name,
    body: body.map((one) => statement(test, name, one)),
  }));
  if (translated.some(({ body }) => body.includes(undefined))) return undefined;
  const lines = Math.max(...test.locations.map(({ line }) => line), 0) + 1;
  const count = test.locations.length;
  const registers = test.registers.map(({ name, initial }) => `int r_${name} = ${initial};`).join("\n");
  const agents = translated
    .map(
      ({ name, body }) =>
        `proctype ${name}() {\n  byte met_doorbell = 0, met_interrupt = 0;\n  running;\n${body.join("\n")}\n  done++\n}`,
    )
    .join("\n\n");
  const places = test.locations
    .map(({ line, offset }, at) => `  place[${at}] = ${line}; offset[${at}] = ${offset};`)
    .join("\n");
  const choice = machines.map((machine, index) => `  :: machine = ${index}; ${parameters(machine)}`).join("\n");
  const state = test.registers.map(({ name }) => `now.r_${name}`).join(", ");
  const formats = test.registers.map(({ name }) => `${name}=%d`).join(" ");
  return `/* ${test.name}: ${test.about} */
#define LOCATIONS ${count}
#define LINES ${lines}
#define HAS_ALIAS ${Number(hasAlias(test))}
${rules}
${registers}

${agents}

init {
  byte i;
  atomic {
${places}
  if
${choice}
  fi;
  /* What is in the cache from before: a line of the linear map, clean. Machines that fetch ahead do that themselves. */
  i = 0;
  do
  :: i < LINES && !speculates -> if :: fill(i, 0) :: skip fi; i++
  :: i < LINES && speculates -> i++
  :: i == LINES -> break
  od;
  run environment();
${translated.map(({ name }) => `  run ${name}();`).join("\n")}
  started = 1
  };
  atomic { done == ${translated.length}; c_code { printf("OUT %d ${formats}\\n", now.machine${state === "" ? "" : `, ${state}`}); }; finished = 1 }
}
`;
}

/** Index of a way in the arrays of attributes. */
const ways = { cached: 0, dmacoherent: 1, noncached: 2, writecombine: 3, coherent: 4 } as const;
type Way = keyof typeof ways;

function parameters(model: MachineModel): string {
  const { protection, writeBuffer, uncachedAliasHit, sync, barriers } = model;
  const operation = { none: 0, clean: 1, invalidate: 2, "clean-invalidate": 3 } as const;
  const set = (values: Readonly<Record<string, number | boolean>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name} = ${Number(value)};`)
      .join(" ");
  const attributes = {
    cached: "write-back",
    dmacoherent: protection.dmaCoherent,
    noncached: protection.noncached,
    writecombine: protection.writeCombine,
    coherent: model.coherent ? "write-back" : protection.coherent,
  } as const;
  const perWay = Object.entries(ways).flatMap(([way, index]) => {
    const attribute = attributes[way as Way];
    const hit = attribute === "write-combine" ? uncachedAliasHit.writeCombine : uncachedAliasHit.uncached;
    return [
      [`cacheable[${index}]`, attribute === "write-back"],
      [`weak[${index}]`, writeBuffer.weak.includes(attribute)],
      [`snoops[${index}]`, attribute !== "write-back" && hit === "snoop"],
    ] as const;
  });
  return set({
    coherent: model.coherent,
    speculates: model.speculation.loadFill,
    allocates: model.cache.allocate === "read-write",
    aliases: coloursOf(model) > 1 || model.cache.tag === "virtual",
    granule: model.cache.granuleBytes,
    storebuffer: model.storeBuffer,
    whole: sync.wholeCache,
    kept_edges: sync.edges.first !== "same",
    wmb_drains: barriers.wmb,
    dma_wmb_drains: barriers.dmaWmb,
    prep: operation[model.prepCoherent],
    flushes: model.flushDcachePage === "none" ? 0 : model.flushDcachePage === "kernel-alias" ? 1 : 2,
    "for_device[0]": operation[sync.forDevice["to-device"]],
    "for_device[1]": operation[sync.forDevice["from-device"]],
    "for_device[2]": operation[sync.forDevice.bidirectional],
    "for_cpu[0]": operation[sync.forCpu["to-device"]],
    "for_cpu[1]": operation[sync.forCpu["from-device"]],
    "for_cpu[2]": operation[sync.forCpu.bidirectional],
    ...Object.fromEntries(perWay),
  });
}

function statement(test: LitmusSource, agent: string, one: LitmusStatement): string | undefined {
  if (one.kind === "do") return operation(test, one.operation);
  if (one.kind === "store") {
    const value = constant(one.value);
    const at = reached(test, agent, one.place);
    if (value === undefined || at === undefined) return undefined;
    return agent === "device"
      ? `  dma_write(${at.location}, ${value});`
      : `  store(${at.location}, ${at.way}, ${at.key}, ${value});`;
  }
  if (one.kind === "set" && test.registers.some(({ name }) => name === one.name)) {
    if (one.value.kind !== "load") return undefined;
    const at = reached(test, agent, one.value.place);
    if (at === undefined) return undefined;
    return agent === "device"
      ? `  dma_read(${at.location}, r_${one.name});`
      : `  load(${at.location}, ${at.way}, ${at.key}, r_${one.name});`;
  }
  return undefined;
}

/** Location, way, and which copy a cached access meets: 0 that of the linear map, 1 that of another colour. */
function reached(
  test: LitmusSource,
  agent: string,
  { location, way }: LitmusPlace,
): { readonly location: number; readonly way: number; readonly key: number } | undefined {
  const index = test.locations.findIndex(({ name }) => name === location);
  const isCoherent = test.locations[index]?.memory === "coherent";
  if (way === "plain" && isCoherent) return { location: index, way: ways.coherent, key: 0 };
  const isUsers = agent === "user" || way === "user-mapping" || way === "other-colour";
  const named = way === "plain" || way === "user-mapping" || way === "other-colour" ? "cached" : way;
  return { location: index, way: ways[named], key: isUsers ? 1 : 0 };
}

function operation(test: LitmusSource, one: LitmusOperation): string | undefined {
  const at = "place" in one ? test.locations.findIndex(({ name }) => name === one.place.location) : 0;
  switch (one.name) {
    case "dma_map":
    case "dma_unmap":
    case "dma_sync_for_device":
    case "dma_sync_for_cpu": {
      const matrix = one.name === "dma_map" || one.name === "dma_sync_for_device" ? "for_device" : "for_cpu";
      const direction = { "to-device": 0, "from-device": 1, bidirectional: 2 }[one.direction];
      return `  pass(place[${at}], ${matrix}[${direction}], ${Number(one.place.part)});`;
    }
    case "arch_dma_prep_coherent":
      return `  maintain(place[${at}], 0, prep);`;
    case "flush_dcache_page":
      return `  flush_page(place[${at}]);`;
    case "wmb":
    case "dma_wmb":
      return `  barrier(${one.name}_drains);`;
    case "mb":
      return "  barrier(1);";
    case "doorbell":
      return "  ring(1);";
    case "doorbell_relaxed":
      return "  ring(0);";
    case "interrupt":
      return "  atomic { interrupts++ };";
    case "wait_for_doorbell":
      return "  atomic { doorbells > met_doorbell; met_doorbell++ };";
    case "wait_for_interrupt":
      return "  atomic { interrupts > met_interrupt; met_interrupt++ };";
  }
}

/** Whether a write-back mapping besides the linear one exists: speculation goes through it too. */
function hasAlias(test: LitmusSource): boolean {
  const users = test.agents.filter(({ name }) => name === "user").flatMap(({ body }) => placesOf(body));
  const kernels = test.agents.filter(({ name }) => name === "cpu").flatMap(({ body }) => placesOf(body));
  const isCoherent = (place: LitmusPlace): boolean =>
    test.locations.some(({ name, memory }) => name === place.location && memory === "coherent");
  return (
    users.some((place) => place.way === "cached" || (place.way === "plain" && !isCoherent(place))) ||
    kernels.some(({ way }) => way === "user-mapping" || way === "other-colour")
  );
}

function constant(expression: LitmusExpression): number | undefined {
  return expression.kind === "number" ? expression.value : undefined;
}
