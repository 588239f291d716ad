/**
 * Functions and macros that neither keep nor change nor free the memory that their arguments point to, and have no part in DMA:
 * printing, locking, waiting, reference counts of other things. A call of one of them forgets nothing.
 * They are not in the catalogue, since there is nothing to say of them.
 */
const names = `
  printk _printk pr_emerg pr_alert pr_crit pr_err pr_warn pr_warning pr_notice pr_info pr_cont pr_debug pr_devel
  pr_err_once pr_warn_once pr_info_once pr_err_ratelimited pr_warn_ratelimited pr_info_ratelimited
  dev_printk dev_emerg dev_alert dev_crit dev_err dev_warn dev_notice dev_info dev_dbg dev_vdbg dev_err_probe
  dev_err_once dev_warn_once dev_info_once dev_dbg_once dev_err_ratelimited dev_warn_ratelimited dev_info_ratelimited
  dev_dbg_ratelimited dev_name dev_WARN dev_WARN_ONCE dump_stack
  netdev_emerg netdev_alert netdev_crit netdev_err netdev_warn netdev_notice netdev_info netdev_dbg netdev_vdbg
  netif_err netif_warn netif_info netif_dbg net_err_ratelimited net_warn_ratelimited net_info_ratelimited
  drm_err drm_warn drm_info drm_dbg drm_dbg_driver drm_dbg_kms hid_err hid_warn hid_info hid_dbg v4l2_err v4l2_warn
  v4l2_info v4l2_dbg snd_printk snd_printd
  WARN WARN_ON WARN_ONCE WARN_ON_ONCE BUG BUG_ON BUILD_BUG_ON might_sleep lockdep_assert_held
  likely unlikely ARRAY_SIZE min max min_t max_t clamp clamp_t clamp_val swap abs roundup rounddown round_up round_down
  DIV_ROUND_UP ALIGN ALIGN_DOWN IS_ALIGNED PAGE_ALIGN upper_32_bits lower_32_bits BIT BIT_ULL GENMASK GENMASK_ULL
  FIELD_PREP FIELD_GET ilog2 fls ffs __ffs hweight32 is_power_of_2 roundup_pow_of_two
  cpu_to_le16 cpu_to_le32 cpu_to_le64 cpu_to_be16 cpu_to_be32 cpu_to_be64 le16_to_cpu le32_to_cpu le64_to_cpu
  be16_to_cpu be32_to_cpu be64_to_cpu swab16 swab32 swab64 htons htonl ntohs ntohl
  spin_lock spin_unlock spin_lock_irq spin_unlock_irq spin_lock_irqsave spin_unlock_irqrestore spin_lock_bh spin_unlock_bh
  spin_trylock spin_lock_init raw_spin_lock raw_spin_unlock raw_spin_lock_irqsave raw_spin_unlock_irqrestore
  mutex_lock mutex_unlock mutex_trylock mutex_lock_interruptible mutex_init mutex_destroy read_lock read_unlock
  write_lock write_unlock down up down_interruptible down_read up_read down_write up_write rcu_read_lock rcu_read_unlock
  local_irq_save local_irq_restore local_irq_disable local_irq_enable preempt_disable preempt_enable
  udelay ndelay mdelay msleep msleep_interruptible usleep_range ssleep fsleep cpu_relax cond_resched schedule
  schedule_timeout time_after time_before time_is_before_jiffies msecs_to_jiffies usecs_to_jiffies jiffies_to_msecs
  ktime_get ktime_get_ns
  init_completion reinit_completion complete complete_all wake_up wake_up_all wake_up_interruptible init_waitqueue_head
  atomic_read atomic_set atomic_inc atomic_dec atomic_add atomic_sub atomic_dec_and_test refcount_set refcount_inc
  refcount_read set_bit clear_bit test_bit test_and_set_bit test_and_clear_bit __set_bit __clear_bit
  clk_prepare_enable clk_disable_unprepare clk_get_rate clk_set_rate reset_control_assert reset_control_deassert
  pm_runtime_get_sync pm_runtime_put pm_runtime_put_sync pm_runtime_enable pm_runtime_disable pm_runtime_resume_and_get
  of_property_read_u32 of_property_read_bool device_property_read_u32 of_device_is_compatible of_node_put
  netif_start_queue netif_stop_queue netif_wake_queue netif_tx_start_all_queues netif_tx_stop_all_queues netif_carrier_on
  netif_carrier_off netif_queue_stopped napi_enable napi_disable napi_schedule napi_complete napi_complete_done
  enable_irq disable_irq disable_irq_nosync synchronize_irq module_put try_module_get
  snd_pcm_period_elapsed snd_pcm_lib_buffer_bytes snd_pcm_lib_period_bytes frames_to_bytes bytes_to_frames
`;

const inert: ReadonlySet<string> = new Set(names.trim().split(/\s+/));

/** Whether a call of that function leaves the memory of its arguments alone. False where that is not known. */
export function isInert(name: string): boolean {
  return inert.has(name);
}

/**
 * Whether a function of that name prints, traces or warns: the kernel's own families of messages (include/linux/printk.h, dev_printk.h,
 * netdevice.h, drm/drm_print.h; linux 6.12.117) and what drivers call theirs. The only place where names stand for what is known.
 */
export function isMessage(name: string): boolean {
  return messages.test(name);
}
const messages =
  /^_?(pr|dev|netdev|netif|drm|ib|ibdev|hid|v4l2|fb|snd|usb|shost|sdev|net|bt|wiphy|mdev|pci|phydev|acpi|ata)_(emerg|alert|crit|err|error|warn|warning|notice|info|dbg|debug|vdbg|cont|devel|WARN)\w*$|printk|^v?dprintk|print(f|d|_hex_dump\w*)?$|debug|dbg|DEBUG|DBG|^trace_|_log$|_LOG$|^_?dev_(printk|err_probe)|^WARN(_ON)?(_ONCE)?$|^dump_stack$/;
