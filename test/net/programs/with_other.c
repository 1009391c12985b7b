/* SPDX-License-Identifier: GPL-2.0-only */
/* with_other - counts in the other file's table, by which VERSION of this one */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#define VERSION 0

BPF_TABLE("extern", u32, u64, nt_versions, 64);

int nt_other(struct __sk_buff *skb)
{
	u32 version = VERSION;
	u64 none = 0, *number = nt_versions.lookup_or_try_init(&version, &none);

	if (number)
		lock_xadd(number, 1);
	return TC_ACT_OK;
}
