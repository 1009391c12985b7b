/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/tcp.h>
#include <linux/skbuff.h>
#include <net/sock.h>
