/* SPDX-License-Identifier: GPL-2.0-only */
/* libbcc includes its own copy before anything else; the system's has another
 * guard and would declare everything a second time. */
#pragma once
#ifndef _UAPI__LINUX_BPF_H__
#include_next <uapi/linux/bpf.h>
#endif
