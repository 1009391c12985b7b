/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/string.h>
#include <linux/time.h>
#include <linux/jiffies.h>
#include <linux/pid.h>
#include <uapi/linux/sched.h>

#define TASK_COMM_LEN 16
#define TASK_RUNNING 0x0
#define TASK_INTERRUPTIBLE 0x1
#define TASK_UNINTERRUPTIBLE 0x2
#define PF_KTHREAD 0x00200000
