/* SPDX-License-Identifier: GPL-2.0-only */
/* Socket kinds. */
#pragma once
#include <linux/socket.h>
#include <skbscope/macros.h>
#include <uapi/linux/net.h>

enum sock_type {
	SOCK_STREAM = 1,
	SOCK_DGRAM = 2,
	SOCK_RAW = 3,
	SOCK_RDM = 4,
	SOCK_SEQPACKET = 5,
	SOCK_DCCP = 6,
	SOCK_PACKET = 10,
};
#include <skbscope/kernel_types.h>
