/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libbcc recognises a kernel tree by this file and includes it first. It says
 * only what holds for every kernel that can run BPF on tc; it does not pretend
 * to know the running kernel's .config.
 */
#pragma once
#define CONFIG_BPF 1
#define CONFIG_BPF_SYSCALL 1
#define CONFIG_NET 1
#define CONFIG_INET 1
#define CONFIG_IPV6 1
#define CONFIG_NET_NS 1
#define CONFIG_SMP 1
#if __SIZEOF_LONG__ == 8
#define CONFIG_64BIT 1
#endif
#if defined(__x86_64__)
#define CONFIG_X86 1
#define CONFIG_X86_64 1
#elif defined(__aarch64__)
#define CONFIG_ARM64 1
#endif
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define CONFIG_CPU_BIG_ENDIAN 1
#endif

/* 1 for a CONFIG_ that is defined as 1, 0 for one that is not defined. */
#define SKBSCOPE_SECOND(ignored, value, ...) value
#define SKBSCOPE_SHIFT_1 0,
#define SKBSCOPE_CHOOSE(shift) SKBSCOPE_SECOND(shift 1, 0)
#define SKBSCOPE_PASTE(value) SKBSCOPE_CHOOSE(SKBSCOPE_SHIFT_##value)
#define SKBSCOPE_IS_ONE(option) SKBSCOPE_PASTE(option)
#define IS_BUILTIN(option) SKBSCOPE_IS_ONE(option)
#define IS_MODULE(option) SKBSCOPE_IS_ONE(option##_MODULE)
#define IS_REACHABLE(option) IS_BUILTIN(option)
#define IS_ENABLED(option) (IS_BUILTIN(option) || IS_MODULE(option))
