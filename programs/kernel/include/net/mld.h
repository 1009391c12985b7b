/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/in6.h>
#include <linux/icmpv6.h>
