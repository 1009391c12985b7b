/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/macros.h>

#define rcu_dereference(pointer) READ_ONCE(pointer)
#define rcu_dereference_raw(pointer) READ_ONCE(pointer)
#define rcu_access_pointer(pointer) READ_ONCE(pointer)
