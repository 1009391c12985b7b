/* SPDX-License-Identifier: GPL-2.0-only */
/* The uapi linux/if.h asks for the C library's header; this is what it needs of it. */
#pragma once
#include <linux/socket.h>
