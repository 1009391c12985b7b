/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own structs. They differ from kernel to kernel, so they are not
 * written here: whoever starts the compiler may have them made from the running
 * kernel's BTF and name that file in SKBSCOPE_KERNEL_TYPES. Without it they are
 * declared and not defined, so that reading a member is an error that names the
 * struct and never a wrong number.
 */
#pragma once
#include <asm/ptrace.h>
#include <skbscope/macros.h>

struct sk_buff;
struct sock;
struct net;
struct net_device;
struct task_struct;

#ifdef SKBSCOPE_KERNEL_TYPES
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/ktime.h>
#include <skbscope/everything.h>
#include SKBSCOPE_KERNEL_TYPES
#endif
