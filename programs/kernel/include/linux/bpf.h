/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <uapi/linux/bpf.h>
#include <uapi/linux/filter.h>
#include <linux/sched.h>
#include <linux/time.h>
#include <linux/workqueue.h>
#include <linux/percpu.h>
