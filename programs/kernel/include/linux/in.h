/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/errno.h>
#include <uapi/linux/in.h>
#include <linux/socket.h>

static inline bool ipv4_is_loopback(__be32 address) { return (address & htonl(0xff000000)) == htonl(0x7f000000); }
static inline bool ipv4_is_multicast(__be32 address) { return (address & htonl(0xf0000000)) == htonl(0xe0000000); }
static inline bool ipv4_is_local_multicast(__be32 address) { return (address & htonl(0xffffff00)) == htonl(0xe0000000); }
static inline bool ipv4_is_lbcast(__be32 address) { return address == 0xffffffff; }
static inline bool ipv4_is_zeronet(__be32 address) { return address == 0; }
static inline bool ipv4_is_private_10(__be32 address) { return (address & htonl(0xff000000)) == htonl(0x0a000000); }
static inline bool ipv4_is_private_172(__be32 address) { return (address & htonl(0xfff00000)) == htonl(0xac100000); }
static inline bool ipv4_is_private_192(__be32 address) { return (address & htonl(0xffff0000)) == htonl(0xc0a80000); }
static inline bool ipv4_is_linklocal_169(__be32 address) { return (address & htonl(0xffff0000)) == htonl(0xa9fe0000); }
static inline bool ipv4_is_anycast_6to4(__be32 address) { return (address & htonl(0xffffff00)) == htonl(0xc0586300); }
static inline bool ipv4_is_test_192(__be32 address) { return (address & htonl(0xffffff00)) == htonl(0xc0000200); }
static inline bool ipv4_is_test_198(__be32 address) { return (address & htonl(0xfffe0000)) == htonl(0xc6120000); }
static inline bool ipv4_is_all_snoopers(__be32 address) { return address == htonl(0xe000006a); }
