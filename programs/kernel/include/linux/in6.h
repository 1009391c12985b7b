/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/in6.h>

#define IN6ADDR_ANY_INIT { { { 0 } } }
#define IN6ADDR_LOOPBACK_INIT { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } } }
