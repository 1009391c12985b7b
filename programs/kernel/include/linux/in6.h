/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/in6.h>
