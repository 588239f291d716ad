/**
 * Litmus tests as Promela models for Spin: an exhaustive search that shares no code with the engines, over the transition rules of the
 * platforms, written down once more. One model holds all machines: which one it is is the first choice of a run. At its end a run
 * prints its machine and registers.
 */
import type { MachineModel } from "../machine/model.ts";
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

/** The rules, by hand: the state of lines and of the write buffer, what accesses do to it, and what the machine does by itself. */
const rules = `
#define COPIES (LINES * 2)
#define MOST 6
byte machine, done, started, finished, doorbells, interrupts;
/* The machine. */
bit coherent, speculates, allocates, aliases, storebuffer, whole, kept_edges, wmb_drains, dma_wmb_drains;
byte granule, prep, flushes;
byte for_device[3], for_cpu[3];
bit cacheable[5], weak[5], snoops[5];
/* The locations. */
byte place[LOCATIONS], offset[LOCATIONS];
/* Memory; copies of lines (line * 2 + key): valid, and for each location in them its value and whether it is dirty. */
byte ram[LOCATIONS];
bit valid[COPIES];
byte copy[LOCATIONS * 2];
bit dirty[LOCATIONS * 2];
/* The write buffer, oldest first. kind: 0 keeps an order with all of its kind, 1 only in its line, 2 only in its line and goes to the cache. */
byte entries;
byte entry_location[MOST], entry_value[MOST], entry_kind[MOST];
/* For loops inside of one atomic step. */
hidden byte i_, j_, k_, op_;

#define running (started == 1)
#define key_of(key) ((key) * aliases)

inline fill(l_fill, k_fill) {
  if
  :: !valid[(l_fill) * 2 + (k_fill)] ->
     valid[(l_fill) * 2 + (k_fill)] = 1;
     j_ = 0;
     do
     :: j_ < LOCATIONS ->
        if
        :: place[j_] == (l_fill) -> copy[j_ * 2 + (k_fill)] = ram[j_]; dirty[j_ * 2 + (k_fill)] = 0
        :: else
        fi;
        j_++
     :: else -> break
     od
  :: else
  fi
}

inline write_back(l_write_back, k_write_back) {
  j_ = 0;
  do
  :: j_ < LOCATIONS ->
     if
     :: place[j_] == (l_write_back) && valid[(l_write_back) * 2 + (k_write_back)] && dirty[j_ * 2 + (k_write_back)] ->
        ram[j_] = copy[j_ * 2 + (k_write_back)]; dirty[j_ * 2 + (k_write_back)] = 0
     :: else
     fi;
     j_++
  :: else -> break
  od
}

inline drop(l_drop, k_drop) {
  valid[(l_drop) * 2 + (k_drop)] = 0;
  j_ = 0;
  do
  :: j_ < LOCATIONS ->
     if
     :: place[j_] == (l_drop) -> copy[j_ * 2 + (k_drop)] = 0; dirty[j_ * 2 + (k_drop)] = 0
     :: else
     fi;
     j_++
  :: else -> break
  od
}

inline into_copy(a_into_copy, k_into_copy, v_into_copy) {
  copy[(a_into_copy) * 2 + (k_into_copy)] = v_into_copy;
  j_ = 0;
  do
  :: j_ < LOCATIONS ->
     if
     :: place[j_] == place[a_into_copy] && offset[j_] / granule == offset[a_into_copy] / granule -> dirty[j_ * 2 + (k_into_copy)] = 1
     :: else
     fi;
     j_++
  :: else -> break
  od
}

/* Entry i_ arrives and leaves the buffer. */
inline arrive() {
  if
  :: entry_kind[i_] == 2 ->
     fill(place[entry_location[i_]], 0);
     into_copy(entry_location[i_], 0, entry_value[i_])
  :: else -> ram[entry_location[i_]] = entry_value[i_]
  fi;
  j_ = i_;
  do
  :: j_ + 1 < entries ->
     entry_location[j_] = entry_location[j_ + 1];
     entry_value[j_] = entry_value[j_ + 1];
     entry_kind[j_] = entry_kind[j_ + 1];
     j_++
  :: else -> break
  od;
  entries--;
  entry_location[entries] = 0; entry_value[entries] = 0; entry_kind[entries] = 0
}

/* All that is on its way to the line, and before an ordered entry the ordered ones before it. */
inline drain_line(l_drain_line) {
  k_ = 0;
  i_ = 0;
  do
  :: i_ < entries ->
     if
     :: place[entry_location[i_]] == (l_drain_line) && entry_kind[i_] == 0 -> k_ = i_ + 1
     :: else
     fi;
     i_++
  :: else -> break
  od;
  /* k_ entries may hold ordered ones that must go. */
  i_ = 0;
  do
  :: i_ < entries ->
     if
     :: place[entry_location[i_]] == (l_drain_line) || (entry_kind[i_] == 0 && i_ < k_) ->
        arrive();
        if :: k_ > 0 -> k_-- :: else fi
     :: else -> i_++
     fi
  :: else -> break
  od
}

inline drain_ordered() {
  i_ = 0;
  do
  :: i_ < entries -> if :: entry_kind[i_] == 0 -> arrive() :: else -> i_++ fi
  :: else -> break
  od
}

inline drain_all() {
  i_ = 0;
  do
  :: entries > 0 -> arrive()
  :: else -> break
  od
}

inline push(a_push, k_push, v_push) {
  /* Stores of two kinds to one line keep their order. */
  k_ = 0;
  i_ = 0;
  do
  :: i_ < entries ->
     if
     :: place[entry_location[i_]] == place[a_push] && ((entry_kind[i_] == 0) != ((k_push) == 0)) -> k_ = 1
     :: else
     fi;
     i_++
  :: else -> break
  od;
  if :: k_ == 1 -> drain_line(place[a_push]) :: else fi;
  assert(entries < MOST);
  entry_location[entries] = a_push; entry_value[entries] = v_push; entry_kind[entries] = k_push;
  entries++
}

inline load(a_load, w_load, k_load, r_load) {
  atomic {
    drain_line(place[a_load]);
    if
    :: cacheable[w_load] -> fill(place[a_load], key_of(k_load)); r_load = copy[(a_load) * 2 + key_of(k_load)]
    :: else ->
       if :: snoops[w_load] -> write_back(place[a_load], 0); drop(place[a_load], 0) :: else fi;
       r_load = ram[a_load]
    fi
  }
}

inline store(a_store, w_store, k_store, v_store) {
  atomic {
    if
    :: cacheable[w_store] ->
       drain_line(place[a_store]);
       if
       :: storebuffer -> push(a_store, 2, v_store)
       :: !storebuffer && (allocates || valid[place[a_store] * 2 + key_of(k_store)]) ->
          fill(place[a_store], key_of(k_store)); into_copy(a_store, key_of(k_store), v_store)
       :: else -> push(a_store, 1, v_store)
       fi
    :: else ->
       if :: snoops[w_store] -> write_back(place[a_store], 0); drop(place[a_store], 0) :: else fi;
       push(a_store, weak[w_store], v_store)
    fi
  }
}

inline apply(l_apply, k_apply, o_apply) {
  if :: o_apply == 1 || o_apply == 3 -> write_back(l_apply, k_apply) :: else fi;
  if :: o_apply == 2 || o_apply == 3 -> drop(l_apply, k_apply) :: else fi
}

inline maintain(l_maintain, k_maintain, o_maintain) {
  atomic {
    if
    :: o_maintain != 0 -> drain_line(l_maintain); apply(l_maintain, k_maintain, o_maintain); drain_all()
    :: else
    fi
  }
}

inline pass(l_pass, o_pass, p_pass) {
  atomic {
    op_ = o_pass;
    if :: op_ == 2 && p_pass && kept_edges -> op_ = 3 :: else fi;
    if
    :: coherent || op_ == 0
    :: !coherent && op_ != 0 && whole ->
       k_ = 0;
       do
       :: k_ < LINES -> apply(k_, 0, op_); apply(k_, 1, op_); k_++
       :: else -> break
       od;
       drain_all()
    :: else -> drain_line(l_pass); apply(l_pass, 0, op_); drain_all()
    fi;
    op_ = 0
  }
}

/* The kernel's own alias; where the architecture looks for them the users' too. */
inline flush_page(l_flush_page) {
  atomic {
    if
    :: flushes > 0 ->
       drain_line(l_flush_page); apply(l_flush_page, 0, 3);
       if :: flushes == 2 -> apply(l_flush_page, key_of(1), 3) :: else fi;
       drain_all()
    :: else
    fi
  }
}

inline barrier(d_barrier) { atomic { if :: d_barrier -> drain_all() :: else fi } }
inline ring(d_ring) { atomic { if :: d_ring -> drain_all() :: else -> drain_ordered() fi; doorbells++ } }

inline dma_read(a_dma_read, r_dma_read) {
  atomic {
    r_dma_read = ram[a_dma_read];
    if
    :: coherent && valid[place[a_dma_read] * 2] && dirty[(a_dma_read) * 2] -> r_dma_read = copy[(a_dma_read) * 2]
    :: coherent && valid[place[a_dma_read] * 2 + 1] && dirty[(a_dma_read) * 2 + 1] -> r_dma_read = copy[(a_dma_read) * 2 + 1]
    :: else
    fi
  }
}

inline dma_write(a_dma_write, v_dma_write) {
  atomic {
    if
    :: coherent ->
       write_back(place[a_dma_write], 0); drop(place[a_dma_write], 0);
       write_back(place[a_dma_write], 1); drop(place[a_dma_write], 1)
    :: else
    fi;
    ram[a_dma_write] = v_dma_write
  }
}

proctype environment() {
  byte line, key, pick;
  running;
  do
  :: finished -> break
  :: atomic { !finished ->
       do
       :: line + 1 < LINES -> line++
       :: break
       od;
       if :: key = 0 :: aliases -> key = 1 fi;
       if
       :: valid[line * 2 + key] -> write_back(line, key); drop(line, key)
       :: speculates && !valid[line * 2 + key] && (key == 0 || HAS_ALIAS) -> fill(line, key)
       :: entries > 0 ->
          /* The oldest entry of its line; an ordered one is the oldest of them all. */
          do
          :: pick + 1 < entries -> pick++
          :: break
          od;
          i_ = pick;
          k_ = 1;
          j_ = 0;
          do
          :: j_ < i_ ->
             if
             :: place[entry_location[j_]] == place[entry_location[i_]] || (entry_kind[j_] == 0 && entry_kind[i_] == 0) -> k_ = 0
             :: else
             fi;
             j_++
          :: else -> break
          od;
          if :: k_ == 1 -> arrive() :: else fi
       :: else
       fi;
       line = 0; key = 0; pick = 0
     }
  od
}
`;
