/* SPDX-License-Identifier: GPL-2.0-only */
/* Not the kernel's: for programs that are used to the C library. */
#pragma once
#include <skbscope/base.h>
