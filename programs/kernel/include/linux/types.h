/* SPDX-License-Identifier: GPL-2.0-only */
/* With the macros of linux/stddef.h: linux/pkt_cls.h uses them and includes only this. */
#pragma once
#include <linux/stddef.h>
