/* SPDX-License-Identifier: GPL-2.0-only */
/* Not the kernel's: for programs that are used to the C library. */
#pragma once
#include <skbscope/base.h>
#define bool _Bool
#define true 1
#define false 0
#define __bool_true_false_are_defined 1
