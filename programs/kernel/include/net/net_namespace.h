/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>

#define read_pnet(pointer) ((pointer)->net)
#define net_eq(a, b) ((a) == (b))
