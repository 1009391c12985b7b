/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include_next <uapi/linux/ptrace.h>
#include <skbscope/macros.h>
