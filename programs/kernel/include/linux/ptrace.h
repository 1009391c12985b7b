/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <asm/ptrace.h>
#include <uapi/linux/ptrace.h>
#include <linux/sched.h>
#include <linux/pid_namespace.h>
