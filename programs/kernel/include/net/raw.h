/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <net/inet_sock.h>

#define raw_sk(pointer) ((struct raw_sock *)(pointer))
