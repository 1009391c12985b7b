/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/udp.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>
