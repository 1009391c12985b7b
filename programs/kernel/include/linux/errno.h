/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/errno.h>
/* Those that never reach user space. */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ENOIOCTLCMD 515
#define ERESTART_RESTARTBLOCK 516
#define EPROBE_DEFER 517
#define EOPENSTALE 518
#define ENOTSUPP 524
