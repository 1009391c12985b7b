/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helpers of classifier programs once more, by how far they reach from the copy of a
 * packet that a program is fed. Judged with the kernel's net/core/filter.c at hand.
 */
#include <linux/bpf.h>
#include <stddef.h>

#include "image/audit_helpers.h"
#include "image/opcode.h"
#include "image/replay.h"

enum helper_reach helper_reach(uint32_t helper)
{
	switch (helper) {
	case BPF_FUNC_clone_redirect:
	case BPF_FUNC_redirect:
	case BPF_FUNC_redirect_peer:
	case BPF_FUNC_redirect_neigh:
		return HELPER_SENDS;
	case BPF_FUNC_skb_store_bytes:
	case BPF_FUNC_l3_csum_replace:
	case BPF_FUNC_l4_csum_replace:
	case BPF_FUNC_csum_update:
	case BPF_FUNC_csum_level:
	case BPF_FUNC_set_hash:
	case BPF_FUNC_set_hash_invalid:
	case BPF_FUNC_skb_change_type:
	case BPF_FUNC_skb_set_tstamp:
		return HELPER_COPY;
	case BPF_FUNC_skb_vlan_push:
	case BPF_FUNC_skb_vlan_pop:
	case BPF_FUNC_skb_change_proto:
	case BPF_FUNC_skb_change_tail:
	case BPF_FUNC_skb_change_head:
	case BPF_FUNC_skb_adjust_room:
	case BPF_FUNC_skb_set_tunnel_key:
	case BPF_FUNC_skb_set_tunnel_opt:
	case BPF_FUNC_skb_ecn_set_ce:
	case BPF_FUNC_sk_assign:
		return HELPER_RESHAPES;
	case BPF_FUNC_fib_lookup:
	case BPF_FUNC_check_mtu:
	case BPF_FUNC_sk_lookup_tcp:
	case BPF_FUNC_sk_lookup_udp:
	case BPF_FUNC_skc_lookup_tcp:
	case BPF_FUNC_sk_fullsock:
	case BPF_FUNC_tcp_sock:
	case BPF_FUNC_get_listener_sock:
	case BPF_FUNC_sk_storage_get:
	case BPF_FUNC_get_socket_cookie:
	case BPF_FUNC_get_socket_uid:
	case BPF_FUNC_get_netns_cookie:
	case BPF_FUNC_get_cgroup_classid:
	case BPF_FUNC_skb_cgroup_classid:
	case BPF_FUNC_skb_cgroup_id:
	case BPF_FUNC_skb_ancestor_cgroup_id:
	case BPF_FUNC_skb_under_cgroup:
	case BPF_FUNC_sk_cgroup_id:
	case BPF_FUNC_sk_ancestor_cgroup_id:
	case BPF_FUNC_get_route_realm:
	case BPF_FUNC_get_current_pid_tgid:
	case BPF_FUNC_get_current_uid_gid:
	case BPF_FUNC_get_current_comm:
	case BPF_FUNC_get_current_task:
	case BPF_FUNC_get_current_task_btf:
	case BPF_FUNC_get_current_cgroup_id:
	case BPF_FUNC_get_current_ancestor_cgroup_id:
	case BPF_FUNC_current_task_under_cgroup:
	case BPF_FUNC_perf_event_read:
	case BPF_FUNC_perf_event_read_value:
	case BPF_FUNC_timer_start:
		return HELPER_MACHINE;
	default:
		return helper_is_harmless(helper) ? HELPER_COPY : HELPER_UNKNOWN;
	}
}

bool replay_reshapes(const struct skbscope_image *image)
{
	for (size_t p = 0; p < image->program_count; p++)
		for (uint32_t i = 0; i < image->programs[p].instruction_count; i++) {
			const struct bpf_insn insn = image->programs[p].instructions[i];

			if (opcode_is_helper_call(insn) &&
			    helper_reach((uint32_t)insn.imm) == HELPER_RESHAPES)
				return true;
			i += opcode_is_wide(insn.code);
		}
	return false;
}

/* Each once, in the order in which they are met. */
size_t replay_foreign(const struct skbscope_image *image, const char *names[], size_t room)
{
	size_t count = 0;

	for (size_t p = 0; p < image->program_count; p++)
		for (uint32_t i = 0; i < image->programs[p].instruction_count; i++) {
			const struct bpf_insn insn = image->programs[p].instructions[i];
			const char *name = helper_name((uint32_t)insn.imm);
			size_t known = 0;

			i += opcode_is_wide(insn.code);
			if (!opcode_is_helper_call(insn) ||
			    helper_reach((uint32_t)insn.imm) != HELPER_MACHINE)
				continue;
			while (known < count && names[known] != name)
				known++;
			if (known == count && count < room)
				names[count++] = name;
		}
	return count;
}
