/**
 * Macros of the kernel that change what a use means: they assign an argument, declare a name, govern a statement, or are
 * transparent. Their headers are not in a driver unit, so they are known here by name. Linux 6.12.117.
 */

/** A loop macro: which arguments each round assigns, and which are names of members. Positions count from 0. */
export interface LoopMacro {
  readonly assigns: readonly number[];
  readonly members?: readonly number[];
}

const first: LoopMacro = { assigns: [0] };
const second: LoopMacro = { assigns: [1] };

/** include/linux/list.h, rculist.h, list_nulls.h, scatterlist.h, bitmap.h, of.h, property.h, skbuff.h, ... */
export const loopMacros: ReadonlyMap<string, LoopMacro> = new Map<string, LoopMacro>([
  // list.h
  ["list_for_each", first],
  ["list_for_each_rcu", first],
  ["list_for_each_continue", first],
  ["list_for_each_prev", first],
  ["list_for_each_safe", { assigns: [0, 1] }],
  ["list_for_each_prev_safe", { assigns: [0, 1] }],
  ["list_for_each_entry", { assigns: [0], members: [2] }],
  ["list_for_each_entry_reverse", { assigns: [0], members: [2] }],
  ["list_for_each_entry_continue", { assigns: [0], members: [2] }],
  ["list_for_each_entry_continue_reverse", { assigns: [0], members: [2] }],
  ["list_for_each_entry_from", { assigns: [0], members: [2] }],
  ["list_for_each_entry_from_reverse", { assigns: [0], members: [2] }],
  ["list_for_each_entry_rcu", { assigns: [0], members: [2] }],
  ["list_for_each_entry_srcu", { assigns: [0], members: [2] }],
  ["list_for_each_entry_lockless", { assigns: [0], members: [2] }],
  ["list_for_each_entry_continue_rcu", { assigns: [0], members: [2] }],
  ["list_for_each_entry_from_rcu", { assigns: [0], members: [2] }],
  ["list_for_each_entry_safe", { assigns: [0, 1], members: [3] }],
  ["list_for_each_entry_safe_continue", { assigns: [0, 1], members: [3] }],
  ["list_for_each_entry_safe_from", { assigns: [0, 1], members: [3] }],
  ["list_for_each_entry_safe_reverse", { assigns: [0, 1], members: [3] }],
  ["hlist_for_each", first],
  ["hlist_for_each_safe", { assigns: [0, 1] }],
  ["hlist_for_each_entry", { assigns: [0], members: [2] }],
  ["hlist_for_each_entry_rcu", { assigns: [0], members: [2] }],
  ["hlist_for_each_entry_rcu_bh", { assigns: [0], members: [2] }],
  ["hlist_for_each_entry_safe", { assigns: [0, 1], members: [3] }],
  ["hlist_for_each_entry_continue", { assigns: [0], members: [1] }],
  ["hash_for_each", { assigns: [1, 2], members: [3] }],
  ["hash_for_each_rcu", { assigns: [1, 2], members: [3] }],
  ["hash_for_each_safe", { assigns: [1, 2, 3], members: [4] }],
  ["hash_for_each_possible", { assigns: [1], members: [2] }],
  ["hash_for_each_possible_rcu", { assigns: [1], members: [2] }],
  ["hash_for_each_possible_safe", { assigns: [1, 2], members: [3] }],
  ["llist_for_each", first],
  ["llist_for_each_safe", { assigns: [0, 1] }],
  ["llist_for_each_entry", { assigns: [0], members: [2] }],
  ["llist_for_each_entry_safe", { assigns: [0, 1], members: [3] }],
  ["plist_for_each_entry", { assigns: [0], members: [2] }],
  ["klist_for_each_entry", { assigns: [0], members: [2] }],
  ["rbtree_postorder_for_each_entry_safe", { assigns: [0, 1], members: [3] }],
  // scatterlist.h
  ["for_each_sg", { assigns: [1, 3] }],
  ["for_each_sgtable_sg", { assigns: [1, 2] }],
  ["for_each_sgtable_dma_sg", { assigns: [1, 2] }],
  ["for_each_sg_page", second],
  ["for_each_sg_dma_page", second],
  ["for_each_sgtable_page", second],
  ["for_each_sgtable_dma_page", second],
  ["scsi_for_each_sg", { assigns: [1, 3] }],
  ["scsi_for_each_prot_sg", { assigns: [1, 3] }],
  ["rdma_for_each_block", { assigns: [1] }],
  // bits and cpus
  ["for_each_set_bit", first],
  ["for_each_set_bit_from", first],
  ["for_each_set_bit_wrap", first],
  ["for_each_clear_bit", first],
  ["for_each_clear_bit_from", first],
  ["for_each_set_clump8", { assigns: [0, 1] }],
  ["for_each_set_bitrange", { assigns: [0, 1] }],
  ["for_each_cpu", first],
  ["for_each_cpu_and", first],
  ["for_each_online_cpu", first],
  ["for_each_possible_cpu", first],
  ["for_each_present_cpu", first],
  ["for_each_online_node", first],
  ["for_each_node", first],
  // devices, firmware nodes, buses
  ["for_each_child_of_node", second],
  ["for_each_available_child_of_node", second],
  ["for_each_node_by_name", first],
  ["for_each_node_by_type", first],
  ["for_each_compatible_node", first],
  ["for_each_matching_node", first],
  ["for_each_matching_node_and_match", { assigns: [0, 2] }],
  ["for_each_of_cpu_node", first],
  ["for_each_endpoint_of_node", second],
  ["for_each_of_pci_range", second],
  ["for_each_of_range", second],
  ["of_for_each_phandle", { assigns: [0, 1] }],
  ["of_property_for_each_u32", { assigns: [2] }],
  ["of_property_for_each_string", { assigns: [2, 3] }],
  ["fwnode_for_each_child_node", second],
  ["fwnode_for_each_available_child_node", second],
  ["device_for_each_child_node", second],
  ["for_each_pci_dev", first],
  ["pci_bus_for_each_resource", { assigns: [1] }],
  ["pnp_for_each_card", first],
  ["pnp_for_each_dev", first],
  ["shost_for_each_device", first],
  ["__shost_for_each_device", first],
  ["resource_list_for_each_entry", first],
  ["resource_list_for_each_entry_safe", { assigns: [0, 1] }],
  ["for_each_acpi_dev_match", first],
  ["for_each_console", first],
  // networking, block
  ["for_each_netdev", second],
  ["for_each_netdev_rcu", second],
  ["for_each_netdev_safe", { assigns: [1, 2] }],
  ["netdev_for_each_lower_dev", { assigns: [1, 2] }],
  ["netdev_for_each_mc_addr", first],
  ["netdev_for_each_uc_addr", first],
  ["netdev_hw_addr_list_for_each", first],
  ["skb_queue_walk", second],
  ["skb_queue_walk_safe", { assigns: [1, 2] }],
  ["skb_queue_walk_from", second],
  ["skb_queue_reverse_walk", second],
  ["skb_walk_frags", second],
  ["skb_list_walk_safe", { assigns: [1, 2] }],
  ["rq_for_each_segment", first],
  ["rq_for_each_bvec", first],
  ["bio_for_each_segment", { assigns: [0, 2] }],
  ["bio_for_each_segment_all", { assigns: [1, 2] }],
  ["bio_for_each_bvec", { assigns: [0, 2] }],
  ["__rq_for_each_bio", first],
  ["ata_for_each_link", first],
  ["ata_for_each_dev", first],
  ["ata_qc_for_each", { assigns: [1, 2] }],
  // containers
  ["xa_for_each", { assigns: [1, 2] }],
  ["xa_for_each_start", { assigns: [1, 2] }],
  ["xa_for_each_range", { assigns: [1, 2] }],
  ["xa_for_each_marked", { assigns: [1, 2] }],
  ["idr_for_each_entry", { assigns: [1, 2] }],
  ["idr_for_each_entry_continue", { assigns: [1, 2] }],
  ["radix_tree_for_each_slot", { assigns: [0, 2] }],
  ["for_each_vma", second],
  // graphics and media
  ["drm_for_each_crtc", first],
  ["drm_for_each_plane", first],
  ["drm_for_each_encoder", first],
  ["drm_for_each_connector_iter", first],
  ["drm_mm_for_each_node", first],
  ["drm_mm_for_each_node_safe", { assigns: [0, 1] }],
  ["media_device_for_each_entity", first],
  ["v4l2_device_for_each_subdev", first],
  ["v4l2_m2m_for_each_dst_buf", second],
  ["v4l2_m2m_for_each_src_buf", second],
  ["v4l2_m2m_for_each_dst_buf_safe", { assigns: [1, 2] }],
  ["v4l2_m2m_for_each_src_buf_safe", { assigns: [1, 2] }],
  // sound
  ["for_each_rtd_components", { assigns: [1, 2] }],
  ["for_each_rtd_dais", { assigns: [1, 2] }],
  ["for_each_rtd_cpu_dais", { assigns: [1, 2] }],
  ["for_each_rtd_codec_dais", { assigns: [1, 2] }],
  ["for_each_card_components", second],
  ["for_each_card_rtds", second],
  ["for_each_card_prelinks", { assigns: [1, 2] }],
  ["for_each_card_dapms", second],
  ["for_each_link_codecs", { assigns: [1, 2] }],
  ["for_each_link_cpus", { assigns: [1, 2] }],
  ["for_each_link_platforms", { assigns: [1, 2] }],
  ["for_each_component_dais", second],
  ["for_each_component_dais_safe", { assigns: [1, 2] }],
  ["for_each_pcm_streams", first],
  ["snd_pcm_group_for_each_entry", first],
  // usb, dma engine, misc
  ["dma_fence_chain_for_each", first],
  ["for_each_thread", { assigns: [0, 1] }],
  ["for_each_process", first],
]);

/** Names that govern a statement and run it repeatedly: every `*for_each*` and `*_walk*` macro. */
export function looksLikeLoop(name: string): boolean {
  return loopMacros.has(name) || /for_each|foreach|_walk(_|$)|_for_(all|every)_/i.test(name);
}

/** Macros whose value is that of their first argument: hints, annotations, and lockless reads. */
export const transparentMacros: ReadonlySet<string> = new Set([
  "likely",
  "unlikely",
  "READ_ONCE",
  "data_race",
  "rcu_dereference",
  "rcu_dereference_raw",
  "rcu_dereference_bh",
  "rcu_dereference_sched",
  "rcu_dereference_protected",
  "rcu_dereference_check",
  "rcu_access_pointer",
  "rtnl_dereference",
  "srcu_dereference",
  "__builtin_expect",
  // One copy stands for every CPU's.
  "per_cpu",
  "get_cpu_var",
  "__builtin_assume_aligned",
  "array_index_nospec",
  "pm_ptr",
  "pm_sleep_ptr",
  "of_match_ptr",
  "ACPI_PTR",
  "__exit_p",
  "__devexit_p",
]);

/** Macros that are the field that the second argument names, of what the first one points to: `dma_unmap_addr(buffer, mapping)`. */
export const namedFieldMacros: ReadonlySet<string> = new Set(["ACCESS_PRIVATE", "dma_unmap_addr", "dma_unmap_len"]);

/** Macros that are a field of what their first argument points to (include/linux/scatterlist.h), where they are assigned. */
export const assignableFields: ReadonlyMap<string, { readonly record: string; readonly field: string }> = new Map([
  ["sg_dma_address", { record: "scatterlist", field: "dma_address" }],
  ["sg_dma_len", { record: "scatterlist", field: "dma_length" }],
]);

/** WARN_ON and kin (include/asm-generic/bug.h): the value is whether the first argument holds. */
export const warningConditions: ReadonlySet<string> = new Set([
  "WARN_ON",
  "WARN_ON_ONCE",
  "WARN_ON_SMP",
  "WARN",
  "WARN_ONCE",
  "WARN_TAINT",
  "WARN_TAINT_ONCE",
  "drm_WARN_ON",
  "drm_WARN_ON_ONCE",
  "snd_BUG_ON",
]);
/** Of those, the ones whose condition is the second argument. */
export const warningConditionsSecond: ReadonlySet<string> = new Set([
  "dev_WARN_ONCE",
  "drm_WARN_ON",
  "drm_WARN_ON_ONCE",
  "drm_WARN",
  "drm_WARN_ONCE",
]);

/** Calls that do not return. */
export const noReturnCalls: ReadonlySet<string> = new Set([
  "BUG",
  "panic",
  "do_exit",
  "make_task_dead",
  "kthread_exit",
  "kthread_complete_and_exit",
  "module_put_and_kthread_exit",
  "machine_restart",
  "machine_halt",
  "emergency_restart",
  "unreachable",
  "__builtin_unreachable",
  "__builtin_trap",
  "nmi_panic",
  "do_group_exit",
]);

/** Configuration questions that stay one symbol, so that equal questions have equal text. */
export const configurationQuestions: ReadonlySet<string> = new Set([
  "IS_ENABLED",
  "IS_REACHABLE",
  "IS_BUILTIN",
  "IS_MODULE",
]);

/** Arguments that a macro assigns although they look like values. */
export const assignedArguments: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ["get_user", [0]],
  ["__get_user", [0]],
  ["unsafe_get_user", [0]],
  ["spin_lock_irqsave", [1]],
  ["spin_lock_irqsave_nested", [1]],
  ["spin_trylock_irqsave", [1]],
  ["raw_spin_lock_irqsave", [1]],
  ["raw_spin_trylock_irqsave", [1]],
  ["read_lock_irqsave", [1]],
  ["write_lock_irqsave", [1]],
  ["local_irq_save", [0]],
  ["local_save_flags", [0]],
  ["raw_local_irq_save", [0]],
  ["readb_poll_timeout", [1]],
  ["readw_poll_timeout", [1]],
  ["readl_poll_timeout", [1]],
  ["readq_poll_timeout", [1]],
  ["readb_relaxed_poll_timeout", [1]],
  ["readw_relaxed_poll_timeout", [1]],
  ["readl_relaxed_poll_timeout", [1]],
  ["readq_relaxed_poll_timeout", [1]],
  ["readb_poll_timeout_atomic", [1]],
  ["readl_poll_timeout_atomic", [1]],
  ["readl_relaxed_poll_timeout_atomic", [1]],
  ["readx_poll_timeout", [2]],
  ["readx_poll_timeout_atomic", [2]],
  ["read_poll_timeout", [1]],
  ["read_poll_timeout_atomic", [1]],
  ["regmap_read_poll_timeout", [2]],
  ["regmap_read_poll_timeout_atomic", [2]],
  ["regmap_field_read_poll_timeout", [1]],
  ["va_start", [0]],
  ["va_copy", [0]],
  ["rdmsr", [1, 2]],
  ["rdmsrl", [1]],
  ["do_div", [0]],
  ["snd_pcm_stream_lock_irqsave", [1]],
]);

/** Macros whose argument at this position names a member. The type, where one is given, stands at `type`. */
export const memberArguments: ReadonlyMap<string, { readonly member: number; readonly type?: number }> = new Map([
  ["container_of", { member: 2, type: 1 }],
  ["container_of_const", { member: 2, type: 1 }],
  ["list_entry", { member: 2, type: 1 }],
  ["list_entry_rcu", { member: 2, type: 1 }],
  ["list_first_entry", { member: 2, type: 1 }],
  ["list_first_entry_or_null", { member: 2, type: 1 }],
  ["list_last_entry", { member: 2, type: 1 }],
  ["list_first_or_null_rcu", { member: 2, type: 1 }],
  ["hlist_entry", { member: 2, type: 1 }],
  ["hlist_entry_safe", { member: 2, type: 1 }],
  ["llist_entry", { member: 2, type: 1 }],
  ["rb_entry", { member: 2, type: 1 }],
  ["rb_entry_safe", { member: 2, type: 1 }],
  ["list_next_entry", { member: 1 }],
  ["list_prev_entry", { member: 1 }],
  ["list_next_entry_circular", { member: 2 }],
  ["list_prepare_entry", { member: 2 }],
  ["from_timer", { member: 2 }],
  ["from_tasklet", { member: 2 }],
  ["from_work", { member: 2 }],
  ["timer_container_of", { member: 2 }],
  ["offsetof", { member: 1, type: 0 }],
  ["offsetofend", { member: 1, type: 0 }],
  ["sizeof_field", { member: 1, type: 0 }],
  ["struct_size", { member: 1 }],
  ["flex_array_size", { member: 1 }],
  ["struct_size_t", { member: 1, type: 0 }],
  ["typeof_member", { member: 1, type: 0 }],
  ["dma_unmap_addr", { member: 1 }],
  ["dma_unmap_len", { member: 1 }],
  ["dma_unmap_addr_set", { member: 1 }],
  ["dma_unmap_len_set", { member: 1 }],
]);

/** Calls whose result has the type of that argument (a variable, or the thing that is read). */
export const typeOfArgument: ReadonlyMap<string, number> = new Map([
  ["list_next_entry", 0],
  ["list_prev_entry", 0],
  ["list_prepare_entry", 0],
  ["from_timer", 0],
  ["from_tasklet", 0],
  ["from_work", 0],
  ["timer_container_of", 0],
  ["this_cpu_ptr", 0],
  ["raw_cpu_ptr", 0],
  ["per_cpu_ptr", 0],
  ["get_cpu_ptr", 0],
  ["min", 0],
  ["max", 0],
  ["clamp", 0],
  ["PTR_ALIGN", 0],
  ["ALIGN", 0],
  ["ALIGN_DOWN", 0],
  ["round_up", 0],
  ["round_down", 0],
  ["roundup", 0],
  ["rounddown", 0],
]);
/** Calls whose result has the type that is given as an argument: the type itself, not a pointer to it. */
export const typeGivenAsArgument: ReadonlyMap<string, number> = new Map([
  ["min_t", 0],
  ["max_t", 0],
  ["clamp_t", 0],
]);

/** Macros that declare the name at `name`: a local or a file-scope object. `type` is its type as C text, or an argument. */
export interface DeclaringMacro {
  readonly name: number;
  readonly record?: string;
  readonly opaque?: string;
  /** The argument that is its type. */
  readonly typeArgument?: number;
  readonly bitmap?: boolean;
  /** A static object wherever it stands. */
  readonly isStatic?: boolean;
}
export const declaringMacros: ReadonlyMap<string, DeclaringMacro> = new Map<string, DeclaringMacro>([
  ["DECLARE_COMPLETION_ONSTACK", { name: 0, record: "completion" }],
  ["DECLARE_COMPLETION_ONSTACK_MAP", { name: 0, record: "completion" }],
  ["DECLARE_COMPLETION", { name: 0, record: "completion" }],
  ["DECLARE_WAITQUEUE", { name: 0, record: "wait_queue_entry" }],
  ["DEFINE_WAIT", { name: 0, record: "wait_queue_entry" }],
  ["DEFINE_WAIT_FUNC", { name: 0, record: "wait_queue_entry" }],
  ["DECLARE_WAIT_QUEUE_HEAD", { name: 0, opaque: "wait_queue_head_t" }],
  ["DECLARE_WAIT_QUEUE_HEAD_ONSTACK", { name: 0, opaque: "wait_queue_head_t" }],
  ["DECLARE_BITMAP", { name: 0, bitmap: true }],
  ["LIST_HEAD", { name: 0, record: "list_head" }],
  ["HLIST_HEAD", { name: 0, record: "hlist_head" }],
  ["LLIST_HEAD", { name: 0, record: "llist_head" }],
  ["DEFINE_MUTEX", { name: 0, record: "mutex" }],
  ["DEFINE_SPINLOCK", { name: 0, opaque: "spinlock_t" }],
  ["DEFINE_RAW_SPINLOCK", { name: 0, opaque: "raw_spinlock_t" }],
  ["DEFINE_RWLOCK", { name: 0, opaque: "rwlock_t" }],
  ["DECLARE_RWSEM", { name: 0, record: "rw_semaphore" }],
  ["DEFINE_SEMAPHORE", { name: 0, record: "semaphore" }],
  ["DEFINE_IDA", { name: 0, record: "ida" }],
  ["DEFINE_IDR", { name: 0, record: "idr" }],
  ["DEFINE_XARRAY", { name: 0, record: "xarray" }],
  ["DEFINE_XARRAY_ALLOC", { name: 0, record: "xarray" }],
  ["DEFINE_TIMER", { name: 0, record: "timer_list" }],
  ["DECLARE_WORK", { name: 0, record: "work_struct" }],
  ["DECLARE_DELAYED_WORK", { name: 0, record: "delayed_work" }],
  ["DECLARE_TASKLET", { name: 0, record: "tasklet_struct" }],
  ["DEFINE_RATELIMIT_STATE", { name: 0, record: "ratelimit_state" }],
  ["DEFINE_HASHTABLE", { name: 0 }],
  ["DECLARE_HASHTABLE", { name: 0 }],
  ["DEFINE_KFIFO", { name: 0 }],
  ["DECLARE_KFIFO", { name: 0 }],
  ["DECLARE_KFIFO_PTR", { name: 0 }],
  ["DEFINE_PER_CPU", { name: 1, typeArgument: 0, isStatic: true }],
  ["DECLARE_PER_CPU", { name: 1, typeArgument: 0, isStatic: true }],
  ["DEFINE_PER_CPU_ALIGNED", { name: 1, typeArgument: 0, isStatic: true }],
  ["DEFINE_PER_CPU_SHARED_ALIGNED", { name: 1, typeArgument: 0, isStatic: true }],
  ["DEFINE_DMA_UNMAP_ADDR", { name: 0, opaque: "dma_addr_t" }],
  ["DEFINE_DMA_UNMAP_LEN", { name: 0, opaque: "__u32" }],
  ["DECLARE_FLEX_ARRAY", { name: 1, typeArgument: 0 }],
  ["DEFINE_FLEX", { name: 1 }],
  ["DECLARE_CRYPTO_WAIT", { name: 0, record: "crypto_wait" }],
  ["SHASH_DESC_ON_STACK", { name: 0, record: "shash_desc" }],
  ["SYNC_SKCIPHER_REQUEST_ON_STACK", { name: 0, record: "skcipher_request" }],
  ["DEFINE_SHOW_ATTRIBUTE", { name: 0 }],
  ["DEFINE_DMA_BUF_EXPORT_INFO", { name: 0, record: "dma_buf_export_info" }],
]);

/** The argument that names what the macro declares; undefined for a macro that does not look like a declaring one. */
export function declaringPosition(macro: string): number | undefined {
  return declaringMacros.get(macro)?.name ?? (/(^|_)(DEFINE|DECLARE)_/.test(macro) ? 0 : undefined);
}

/**
 * Guard classes (include/linux/cleanup.h and the headers of the locks): what `guard(class)(arg)` calls on entry and on exit.
 * A class that is not listed calls class_<name>_constructor and class_<name>_destructor.
 */
export const guardClasses: ReadonlyMap<string, { readonly lock: string; readonly unlock: string }> = new Map([
  ["mutex", { lock: "mutex_lock", unlock: "mutex_unlock" }],
  ["mutex_intr", { lock: "mutex_lock_interruptible", unlock: "mutex_unlock" }],
  ["mutex_try", { lock: "mutex_trylock", unlock: "mutex_unlock" }],
  ["spinlock", { lock: "spin_lock", unlock: "spin_unlock" }],
  ["spinlock_irq", { lock: "spin_lock_irq", unlock: "spin_unlock_irq" }],
  ["spinlock_bh", { lock: "spin_lock_bh", unlock: "spin_unlock_bh" }],
  ["spinlock_irqsave", { lock: "spin_lock_irqsave", unlock: "spin_unlock_irqrestore" }],
  ["raw_spinlock", { lock: "raw_spin_lock", unlock: "raw_spin_unlock" }],
  ["raw_spinlock_irq", { lock: "raw_spin_lock_irq", unlock: "raw_spin_unlock_irq" }],
  ["raw_spinlock_irqsave", { lock: "raw_spin_lock_irqsave", unlock: "raw_spin_unlock_irqrestore" }],
  ["rwsem_read", { lock: "down_read", unlock: "up_read" }],
  ["rwsem_write", { lock: "down_write", unlock: "up_write" }],
  ["read_lock", { lock: "read_lock", unlock: "read_unlock" }],
  ["write_lock", { lock: "write_lock", unlock: "write_unlock" }],
  ["write_lock_irq", { lock: "write_lock_irq", unlock: "write_unlock_irq" }],
  ["rcu", { lock: "rcu_read_lock", unlock: "rcu_read_unlock" }],
  ["srcu", { lock: "srcu_read_lock", unlock: "srcu_read_unlock" }],
  ["preempt", { lock: "preempt_disable", unlock: "preempt_enable" }],
  ["irq", { lock: "local_irq_disable", unlock: "local_irq_enable" }],
  ["irqsave", { lock: "local_irq_save", unlock: "local_irq_restore" }],
  ["device", { lock: "device_lock", unlock: "device_unlock" }],
  ["disable_irq", { lock: "disable_irq", unlock: "enable_irq" }],
  ["rtnl", { lock: "rtnl_lock", unlock: "rtnl_unlock" }],
  ["pm_runtime_active", { lock: "pm_runtime_get_sync", unlock: "pm_runtime_put" }],
  ["snd_pcm_stream_lock_irq", { lock: "snd_pcm_stream_lock_irq", unlock: "snd_pcm_stream_unlock_irq" }],
  ["snd_pcm_stream_lock_irqsave", { lock: "snd_pcm_stream_lock_irqsave", unlock: "snd_pcm_stream_unlock_irqrestore" }],
]);

/** `__free(name)` calls this function (the DEFINE_FREE of the class); a class that is not listed calls its own name. */
export const freeClasses: ReadonlyMap<string, string> = new Map([
  ["device_node", "of_node_put"],
  ["fwnode_handle", "fwnode_handle_put"],
  ["free_page", "free_page"],
  ["firmware", "release_firmware"],
  ["bitmap", "bitmap_free"],
  ["pci_dev_put", "pci_dev_put"],
  ["cpus_read_lock", "cpus_read_unlock"],
  ["free_cpumask_var", "free_cpumask_var"],
]);
