/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/macros.h>

#define ATOMIC_INIT(value) { (value) }
#define atomic_read(pointer) READ_ONCE((pointer)->counter)
#define atomic_set(pointer, value) WRITE_ONCE((pointer)->counter, value)
#define atomic64_read(pointer) READ_ONCE((pointer)->counter)
#define atomic64_set(pointer, value) WRITE_ONCE((pointer)->counter, value)
#define atomic_long_read(pointer) READ_ONCE((pointer)->counter)
