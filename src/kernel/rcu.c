/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs on tc hooks run inside RCU read-side sections, so after a grace period
 * no packet is left in a program that was replaced before it. Two system calls
 * wait for one: membarrier(2), but not where CPUs run without a tick
 * (nohz_full=); and the update of a map of maps, which waits so that its
 * caller knows that the old inner map is no longer used.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/swap.h"

static int update_map_of_maps(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	AUTO(closep) int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "skb_inner", 4, 4, 1, NULL);
	AUTO(closep) int outer = -1;
	const uint32_t key = 0;

	if (inner < 0)
		return -errno;
	options.inner_map_fd = (uint32_t)inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "skb_outer", 4, 4, 1, &options);
	if (outer < 0)
		return -errno;
	return bpf_map_update_elem(outer, &key, &inner, BPF_ANY) < 0 ? -errno : 0;
}

int rcu_wait(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0)
		return 0;
	return update_map_of_maps();
}
