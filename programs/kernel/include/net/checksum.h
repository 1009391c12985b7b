/* SPDX-License-Identifier: GPL-2.0-only */
/* The Internet checksum (RFC 1071): ones' complement sums, kept unfolded in 32
 * bits while they grow. */
#pragma once
#include <skbscope/macros.h>
#include <linux/errno.h>

#define CSUM_MANGLED_0 ((__sum16)0xffff)

static inline __wsum csum_add(__wsum sum, __wsum more)
{
	sum += more;
	return sum + (sum < more);
}
static inline __wsum csum_sub(__wsum sum, __wsum less) { return csum_add(sum, ~less); }
static inline __sum16 csum16_add(__sum16 sum, __be16 more)
{
	sum += more;
	return sum + (sum < more);
}
static inline __sum16 csum16_sub(__sum16 sum, __be16 less) { return csum16_add(sum, ~less); }
static inline __wsum csum_unfold(__sum16 sum) { return sum; }
static inline __sum16 csum_fold(__wsum sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__sum16)~sum;
}
static inline void csum_replace_by_diff(__sum16 *sum, __wsum difference)
{
	*sum = csum_fold(csum_add(difference, ~csum_unfold(*sum)));
}
static inline void csum_replace4(__sum16 *sum, __be32 from, __be32 to)
{
	*sum = csum_fold(csum_add(csum_sub(~csum_unfold(*sum), from), to));
}
static inline void csum_replace2(__sum16 *sum, __be16 from, __be16 to)
{
	*sum = ~csum16_add(csum16_sub(~(*sum), from), to);
}
static inline __wsum csum_tcpudp_nofold(__be32 from, __be32 to, __u32 length, __u8 protocol, __wsum sum)
{
	__u64 wide = (__u64)sum + from + to;

	wide += __cpu_to_be32(length + protocol) == length + protocol ? length + protocol
								      : (__u64)(length + protocol) << 8;
	wide = (wide & 0xffffffff) + (wide >> 32);
	wide = (wide & 0xffffffff) + (wide >> 32);
	return (__wsum)wide;
}
static inline __sum16 csum_tcpudp_magic(__be32 from, __be32 to, __u32 length, __u8 protocol, __wsum sum)
{
	return csum_fold(csum_tcpudp_nofold(from, to, length, protocol, sum));
}
