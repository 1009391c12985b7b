/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edit - every packet, and by which VERSION of this file
 *
 * STEP comes from an include.
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include "edit.h"

#define VERSION 0

BPF_PERCPU_ARRAY(nt_in, u64, 1);
BPF_HASH(nt_versions, u32, u64, 4096);
BPF_HASH(nt_steps, u32, u64, 4096);

int nt_edited(struct __sk_buff *skb)
{
	int zero = 0;
	u32 version = VERSION, step = STEP;
	u64 none = 0, *number = nt_in.lookup(&zero);

	if (number)
		(*number)++;
	number = nt_versions.lookup_or_try_init(&version, &none);
	if (number)
		lock_xadd(number, 1);
	number = nt_steps.lookup_or_try_init(&step, &none);
	if (number)
		lock_xadd(number, 1);
	return TC_ACT_OK;
}
