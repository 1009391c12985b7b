/* SPDX-License-Identifier: GPL-2.0-only */
/* Not the kernel's: the types, without the format macros. */
#pragma once
#include <skbscope/macros.h>
