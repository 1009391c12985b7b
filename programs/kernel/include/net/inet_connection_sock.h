/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <net/inet_sock.h>

#define ICSK_TIME_RETRANS 1
#define ICSK_TIME_DACK 2
#define ICSK_TIME_PROBE0 3
#define ICSK_TIME_LOSS_PROBE 5
#define ICSK_TIME_REO_TIMEOUT 6
#define inet_csk(pointer) ((struct inet_connection_sock *)(pointer))
#define inet_csk_ca(pointer) ((void *)inet_csk(pointer)->icsk_ca_priv)
