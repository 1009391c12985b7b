/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/in.h>
