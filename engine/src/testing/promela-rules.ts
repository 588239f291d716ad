/** The hand-written part of the Promela models, the same for all litmus tests. */

/** The rules, by hand: the state of lines and of the write buffer, what accesses do to it, and what the machine does by itself. */
export const rules = `
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
