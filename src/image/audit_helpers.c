/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helpers of classifier programs, and their context. The list is of the harmless ones, so that
 * a helper nobody here has heard of counts as one that changes packets.
 *
 * Judged with the kernel's net/core/filter.c at hand: skb_pull_data moves bytes
 * from fragments to the head and changes none; get_hash_recalc stores the hash
 * that the stack would compute; redirect, redirect_peer and redirect_neigh are not
 * called at all while the verdict is held back (redirects.c). sk_assign, csum_level and csum_update
 * look as innocent and are not: they set the packet's socket and its checksum state.
 */
#include "image/audit_helpers.h"

#include <linux/bpf.h>
#include <stddef.h>

struct harmless {
	uint16_t helper;
	bool only_reads;
};

#define READS(name)                                                                                \
	{                                                                                          \
		BPF_FUNC_##name, true                                                              \
	}
#define PLAIN(name)                                                                                \
	{                                                                                          \
		BPF_FUNC_##name, false                                                             \
	}

static const struct harmless harmless[] = {
	READS(map_lookup_elem),
	READS(map_update_elem),
	READS(map_delete_elem),
	READS(map_push_elem),
	READS(map_lookup_percpu_elem),
	PLAIN(map_pop_elem),
	PLAIN(map_peek_elem),
	PLAIN(for_each_map_elem),
	READS(tail_call),
	READS(ktime_get_ns),
	READS(ktime_get_boot_ns),
	READS(ktime_get_coarse_ns),
	READS(ktime_get_tai_ns),
	READS(jiffies64),
	READS(trace_printk),
	READS(trace_vprintk),
	READS(get_prandom_u32),
	READS(get_smp_processor_id),
	READS(get_numa_node_id),
	READS(get_current_pid_tgid),
	READS(get_current_uid_gid),
	READS(get_current_task),
	READS(get_current_task_btf),
	READS(get_current_cgroup_id),
	READS(get_current_ancestor_cgroup_id),
	READS(current_task_under_cgroup),
	READS(perf_event_output),
	READS(perf_event_read),
	PLAIN(perf_event_read_value),
	READS(skb_output),
	READS(ringbuf_output),
	READS(ringbuf_reserve),
	READS(ringbuf_submit),
	READS(ringbuf_discard),
	READS(ringbuf_query),
	PLAIN(user_ringbuf_drain),
	PLAIN(get_current_comm),
	PLAIN(probe_read),
	PLAIN(probe_read_str),
	PLAIN(probe_read_kernel),
	PLAIN(probe_read_kernel_str),
	PLAIN(probe_read_user),
	PLAIN(probe_read_user_str),
	PLAIN(get_stack),
	READS(get_stackid),
	PLAIN(skb_load_bytes),
	PLAIN(skb_load_bytes_relative),
	PLAIN(skb_get_tunnel_key),
	PLAIN(skb_get_tunnel_opt),
	PLAIN(skb_get_xfrm_state),
	PLAIN(fib_lookup),
	PLAIN(check_mtu),
	READS(skb_pull_data),
	READS(get_hash_recalc),
	READS(get_cgroup_classid),
	READS(skb_cgroup_classid),
	READS(get_route_realm),
	READS(skb_under_cgroup),
	READS(skb_cgroup_id),
	READS(skb_ancestor_cgroup_id),
	READS(sk_cgroup_id),
	READS(sk_ancestor_cgroup_id),
	READS(get_socket_cookie),
	READS(get_socket_uid),
	READS(get_netns_cookie),
	READS(csum_diff),
	READS(redirect),
	READS(redirect_peer),
	READS(redirect_neigh),
	READS(sk_lookup_tcp),
	READS(sk_lookup_udp),
	READS(skc_lookup_tcp),
	READS(sk_release),
	READS(sk_fullsock),
	READS(tcp_sock),
	READS(get_listener_sock),
	READS(skc_to_tcp6_sock),
	READS(skc_to_tcp_sock),
	READS(skc_to_tcp_timewait_sock),
	READS(skc_to_tcp_request_sock),
	READS(skc_to_udp6_sock),
	READS(skc_to_unix_sock),
	READS(skc_to_mptcp_sock),
	READS(sk_storage_get),
	READS(sk_storage_delete),
	READS(tcp_check_syncookie),
	READS(tcp_gen_syncookie),
	READS(tcp_raw_check_syncookie_ipv4),
	READS(tcp_raw_check_syncookie_ipv6),
	READS(tcp_raw_gen_syncookie_ipv4),
	READS(tcp_raw_gen_syncookie_ipv6),
	READS(spin_lock),
	READS(spin_unlock),
	PLAIN(loop),
	READS(strncmp),
	PLAIN(strtol),
	PLAIN(strtoul),
	PLAIN(snprintf),
	PLAIN(snprintf_btf),
	READS(per_cpu_ptr),
	READS(this_cpu_ptr),
	READS(kptr_xchg),
	PLAIN(timer_init),
	PLAIN(timer_set_callback),
	PLAIN(timer_start),
	PLAIN(timer_cancel),
	PLAIN(dynptr_from_mem),
	PLAIN(dynptr_read),
	PLAIN(dynptr_write),
	PLAIN(dynptr_data),
	PLAIN(ringbuf_reserve_dynptr),
	PLAIN(ringbuf_submit_dynptr),
	PLAIN(ringbuf_discard_dynptr),
};

/* Of the kernel headers at hand; newer ones hand their mapper's items through a
 * macro that takes only the name, so both fit. */
#define NAME(name) [BPF_FUNC_##name] = "bpf_" #name
static const char *const names[] = { __BPF_FUNC_MAPPER(NAME) };
#undef NAME

static const struct harmless *find(uint32_t helper)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (harmless[i].helper == helper)
			return &harmless[i];
	return NULL;
}

bool helper_is_harmless(uint32_t helper)
{
	return find(helper) != NULL;
}

const char *helper_name(uint32_t helper)
{
	const char *name = helper < sizeof(names) / sizeof(names[0]) ? names[helper] : NULL;

	return name ? name : "a helper unknown to skbscope";
}

bool helper_only_reads(uint32_t helper)
{
	const struct harmless *found = find(helper);

	return found && found->only_reads;
}

enum audit_kind helper_use(uint32_t helper)
{
	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_lookup_percpu_elem:
	case BPF_FUNC_map_peek_elem:
	case BPF_FUNC_map_delete_elem:
		return AUDIT_LOOKS_UP;
	case BPF_FUNC_tail_call:
		return AUDIT_TAIL_CALLS;
	case BPF_FUNC_perf_event_output:
	case BPF_FUNC_skb_output:
	case BPF_FUNC_ringbuf_output:
	case BPF_FUNC_ringbuf_reserve:
		return AUDIT_SUBMITS;
	default:
		return AUDIT_FILLS;
	}
}

const char *context_field(int64_t offset)
{
#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct __sk_buff, name), sizeof(((struct __sk_buff *)NULL)->name)  \
	}
	static const struct {
		const char *name;
		size_t offset, size;
	} fields[] = {
		FIELD(len),      FIELD(pkt_type),     FIELD(mark),       FIELD(queue_mapping),
		FIELD(protocol), FIELD(vlan_present), FIELD(vlan_tci),   FIELD(vlan_proto),
		FIELD(priority), FIELD(tc_index),     FIELD(tc_classid), FIELD(napi_id),
		FIELD(tstamp),   FIELD(wire_len),     FIELD(gso_segs),   FIELD(gso_size),
		FIELD(hwtstamp),
	};
	static const char *const control_block[] = { "cb[0]", "cb[1]", "cb[2]", "cb[3]", "cb[4]" };
	const int64_t cb = offsetof(struct __sk_buff, cb);
#undef FIELD

	if (offset >= cb && offset < cb + 20)
		return control_block[(offset - cb) / 4];
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (offset >= (int64_t)fields[i].offset &&
		    offset < (int64_t)(fields[i].offset + fields[i].size))
			return fields[i].name;
	return NULL;
}
