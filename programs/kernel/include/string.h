/* SPDX-License-Identifier: GPL-2.0-only */
/* Not the kernel's: what clang can expand in place, and nothing more. */
#pragma once
#include <linux/string.h>
