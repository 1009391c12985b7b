/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/un.h>
#include <net/sock.h>

#define unix_sk(pointer) ((struct unix_sock *)(pointer))
