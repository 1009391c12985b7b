/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/in.h>
#include <linux/skbuff.h>

#define INET_ADDRSTRLEN 16
#define INET6_ADDRSTRLEN 48
