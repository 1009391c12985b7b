/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/in.h>
#include <linux/skbuff.h>
