/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/unaligned.h>

#define eth_proto_is_802_3(type) (ntohs(type) >= ETH_P_802_3_MIN)
#define ether_addr_equal_unaligned(a, b) ether_addr_equal(a, b)
#define ether_addr_equal_64bits(a, b) ether_addr_equal(a, b)

/* Byte by byte: an address in a packet or in a packed struct is not aligned. */
static inline bool is_zero_ether_addr(const u8 *address)
{
	return !(address[0] | address[1] | address[2] | address[3] | address[4] | address[5]);
}
static inline bool is_multicast_ether_addr(const u8 *address) { return address[0] & 1; }
static inline bool is_unicast_ether_addr(const u8 *address) { return !(address[0] & 1); }
static inline bool is_local_ether_addr(const u8 *address) { return (address[0] & 2) != 0; }
static inline bool is_broadcast_ether_addr(const u8 *address)
{
	return (address[0] & address[1] & address[2] & address[3] & address[4] & address[5]) == 0xff;
}
static inline bool is_valid_ether_addr(const u8 *address)
{
	return !is_multicast_ether_addr(address) && !is_zero_ether_addr(address);
}
static inline bool is_link_local_ether_addr(const u8 *address)
{
	return address[0] == 0x01 && address[1] == 0x80 && address[2] == 0xc2 && address[3] == 0 &&
	       address[4] == 0 && (address[5] & 0xf0) == 0;
}
static inline bool ether_addr_equal(const u8 *a, const u8 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] && a[5] == b[5];
}
static inline void ether_addr_copy(u8 *to, const u8 *from) { __builtin_memcpy(to, from, ETH_ALEN); }
static inline void eth_zero_addr(u8 *address) { __builtin_memset(address, 0, ETH_ALEN); }
static inline void eth_broadcast_addr(u8 *address) { __builtin_memset(address, 0xff, ETH_ALEN); }
static inline u64 ether_addr_to_u64(const u8 *address)
{
	u64 value = 0;

	for (int i = 0; i < ETH_ALEN; i++)
		value = value << 8 | address[i];
	return value;
}
static inline void u64_to_ether_addr(u64 value, u8 *address)
{
	for (int i = ETH_ALEN - 1; i >= 0; i--, value >>= 8)
		address[i] = value & 0xff;
}
