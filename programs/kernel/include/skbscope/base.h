/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernel code may use without asking: integer types, byte order, the
 * compiler's attributes, NULL and friends. Every compilation reads this file,
 * several times, so it is one file and generates nothing. What it offers beyond
 * the kernel's own implicit base must not be a name that programs define.
 */
#ifndef SKBSCOPE_BASE_H
#define SKBSCOPE_BASE_H

/* Integers. The kernel has long long for 64 bits on every architecture. */
typedef signed char __s8;
typedef unsigned char __u8;
typedef signed short __s16;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;
typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;
#ifdef __SIZEOF_INT128__
typedef __int128 __s128 __attribute__((aligned(16)));
typedef unsigned __int128 __u128 __attribute__((aligned(16)));
#endif
typedef __s8 int8_t;
typedef __u8 uint8_t;
typedef __s16 int16_t;
typedef __u16 uint16_t;
typedef __s32 int32_t;
typedef __u32 uint32_t;
typedef __s64 int64_t;
typedef __u64 uint64_t;
typedef __u8 u_int8_t;
typedef __u16 u_int16_t;
typedef __u32 u_int32_t;
typedef __u64 u_int64_t;
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef unsigned char unchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;

/* Byte order and checksums: sparse tells these apart, a compiler does not. */
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;
typedef __u16 __sum16;
typedef __u32 __wsum;
typedef unsigned int __poll_t;
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define __aligned_s64 __s64 __attribute__((aligned(8)))
#define __aligned_be64 __be64 __attribute__((aligned(8)))
#define __aligned_le64 __le64 __attribute__((aligned(8)))
#define aligned_u64 __aligned_u64
#define aligned_be64 __aligned_be64
#define aligned_le64 __aligned_le64

/* What POSIX and the C library call things. */
typedef _Bool bool;
typedef long __kernel_long_t;
typedef unsigned long __kernel_ulong_t;
typedef __SIZE_TYPE__ __kernel_size_t;
typedef __PTRDIFF_TYPE__ __kernel_ssize_t;
typedef __PTRDIFF_TYPE__ __kernel_ptrdiff_t;
typedef __kernel_long_t __kernel_off_t;
typedef long long __kernel_loff_t;
typedef __kernel_long_t __kernel_old_time_t;
typedef __kernel_long_t __kernel_time_t;
typedef long long __kernel_time64_t;
typedef __kernel_long_t __kernel_clock_t;
typedef __kernel_long_t __kernel_suseconds_t;
typedef int __kernel_timer_t;
typedef int __kernel_clockid_t;
typedef int __kernel_pid_t;
typedef int __kernel_key_t;
typedef int __kernel_mqd_t;
typedef int __kernel_daddr_t;
typedef unsigned int __kernel_mode_t;
typedef unsigned int __kernel_uid32_t;
typedef unsigned int __kernel_gid32_t;
typedef unsigned int __kernel_uid_t;
typedef unsigned int __kernel_gid_t;
typedef __kernel_ulong_t __kernel_ino_t;
typedef char *__kernel_caddr_t;
typedef unsigned short __kernel_sa_family_t;
typedef __kernel_size_t size_t;
typedef __kernel_ssize_t ssize_t;
typedef __kernel_ptrdiff_t ptrdiff_t;
typedef unsigned long uintptr_t;
typedef __kernel_loff_t loff_t;
typedef __kernel_off_t off_t;
typedef __kernel_pid_t pid_t;
typedef __kernel_uid32_t uid_t;
typedef __kernel_gid32_t gid_t;
typedef __u16 umode_t;
typedef __kernel_mode_t mode_t;
typedef __u32 __kernel_dev_t;
typedef __kernel_dev_t dev_t;
typedef __kernel_ino_t ino_t;
typedef __u32 nlink_t;
typedef __kernel_key_t key_t;
typedef __kernel_clockid_t clockid_t;
typedef __kernel_timer_t timer_t;
typedef __kernel_mqd_t mqd_t;
typedef __kernel_clock_t clock_t;
typedef unsigned int gfp_t;
typedef unsigned int slab_flags_t;
typedef unsigned int fmode_t;
typedef u64 sector_t;
typedef u64 blkcnt_t;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef phys_addr_t resource_size_t;
typedef unsigned long irq_hw_number_t;

/* Too plain to differ from kernel to kernel. */
typedef __builtin_va_list va_list;
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	__s64 counter;
} atomic64_t;
struct list_head {
	struct list_head *next, *prev;
};
struct hlist_head {
	struct hlist_node *first;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};

#undef NULL
#define NULL ((void *)0)
enum { false = 0, true = 1 };
#undef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define typeof_member(type, member) typeof(((type *)0)->member)

/* Names for attributes. Those that only sparse reads are empty. */
#define __user
#define __kernel
#define __force
#define __nocast
#define __iomem
#define __percpu
#define __rcu
#define __bitwise
#define __bitwise__
#define __private
#define __safe
#define __must_hold(lock)
#define __acquires(lock)
#define __releases(lock)
#define __init
#define __exit
#define __read_mostly
#define __must_check
#define __randomize_layout
#define __cacheline_aligned
#define __cacheline_aligned_in_smp
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define notrace
#define __packed __attribute__((__packed__))
#define __aligned(bytes) __attribute__((__aligned__(bytes)))
#define __section(name) __attribute__((__section__(name)))
#define __attribute_const__ __attribute__((__const__))
#define __pure __attribute__((__pure__))
#define __used __attribute__((__used__))
#define __weak __attribute__((__weak__))
#define __cold __attribute__((__cold__))
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __printf(format, first) __attribute__((__format__(printf, format, first)))
#define __deprecated
#define fallthrough __attribute__((__fallthrough__))
#define noinline __attribute__((__noinline__))
#define noinline_for_stack noinline
#define randomized_struct_fields_start
#define randomized_struct_fields_end
#undef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
/* As in the kernel: an inline function that is not static is still a function. */
#define inline inline __attribute__((__gnu_inline__)) __attribute__((__unused__))
#define __inline__ inline
#define __inline inline
#define asm_inline asm
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier() __asm__ __volatile__("" : : : "memory")
#define barrier_data(pointer) __asm__ __volatile__("" : : "r"(pointer) : "memory")
#define unreachable() __builtin_unreachable()
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) ((void)(*(volatile typeof(x) *)&(x) = (value)))
#define ACCESS_ONCE(x) (*(volatile typeof(x) *)&(x))
#define data_race(x) (x)
#define OPTIMIZER_HIDE_VAR(variable) __asm__("" : "=r"(variable) : "0"(variable))
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))
#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)
#define static_assert(condition, ...) _Static_assert(condition, "" #condition)

/* Bits. */
#define BITS_PER_BYTE 8
#define BITS_PER_LONG __BITS_PER_LONG
#define BITS_PER_LONG_LONG 64
#ifndef __BITS_PER_LONG
#define __BITS_PER_LONG (__SIZEOF_LONG__ * 8)
#endif
#define UL(x) (x##UL)
#define ULL(x) (x##ULL)
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK(high, low) ((~0UL << (low)) & (~0UL >> (__BITS_PER_LONG - 1 - (high))))
#define GENMASK_ULL(high, low) ((~0ULL << (low)) & (~0ULL >> (63 - (high))))
#define BITS_TO_LONGS(bits) (((bits) + __BITS_PER_LONG - 1) / __BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

/* Byte order. A builtin becomes one BPF instruction and is a constant where its
 * operand is; the uapi headers would reach for inline assembly of the host. */
#define __HAVE_BUILTIN_BSWAP16__
#define __HAVE_BUILTIN_BSWAP32__
#define __HAVE_BUILTIN_BSWAP64__
#define __swab16(x) ((__u16)__builtin_bswap16((__u16)(x)))
#define __swab32(x) ((__u32)__builtin_bswap32((__u32)(x)))
#define __swab64(x) ((__u64)__builtin_bswap64((__u64)(x)))
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define __LITTLE_ENDIAN 1234
#define __LITTLE_ENDIAN_BITFIELD
#define __cpu_to_be16(x) __swab16(x)
#define __cpu_to_be32(x) __swab32(x)
#define __cpu_to_be64(x) __swab64(x)
#define __cpu_to_le16(x) ((__u16)(x))
#define __cpu_to_le32(x) ((__u32)(x))
#define __cpu_to_le64(x) ((__u64)(x))
#else
#define __BIG_ENDIAN 4321
#define __BIG_ENDIAN_BITFIELD
#define __cpu_to_be16(x) ((__u16)(x))
#define __cpu_to_be32(x) ((__u32)(x))
#define __cpu_to_be64(x) ((__u64)(x))
#define __cpu_to_le16(x) __swab16(x)
#define __cpu_to_le32(x) __swab32(x)
#define __cpu_to_le64(x) __swab64(x)
#endif
#define __be16_to_cpu(x) __cpu_to_be16(x)
#define __be32_to_cpu(x) __cpu_to_be32(x)
#define __be64_to_cpu(x) __cpu_to_be64(x)
#define __le16_to_cpu(x) __cpu_to_le16(x)
#define __le32_to_cpu(x) __cpu_to_le32(x)
#define __le64_to_cpu(x) __cpu_to_le64(x)
#define cpu_to_be16(x) __cpu_to_be16(x)
#define cpu_to_be32(x) __cpu_to_be32(x)
#define cpu_to_be64(x) __cpu_to_be64(x)
#define cpu_to_le16(x) __cpu_to_le16(x)
#define cpu_to_le32(x) __cpu_to_le32(x)
#define cpu_to_le64(x) __cpu_to_le64(x)
#define be16_to_cpu(x) __cpu_to_be16(x)
#define be32_to_cpu(x) __cpu_to_be32(x)
#define be64_to_cpu(x) __cpu_to_be64(x)
#define le16_to_cpu(x) __cpu_to_le16(x)
#define le32_to_cpu(x) __cpu_to_le32(x)
#define le64_to_cpu(x) __cpu_to_le64(x)
#define htons(x) __cpu_to_be16(x)
#define htonl(x) __cpu_to_be32(x)
#define ntohs(x) __cpu_to_be16(x)
#define ntohl(x) __cpu_to_be32(x)
#define ___htons(x) __cpu_to_be16(x)
#define ___htonl(x) __cpu_to_be32(x)
#define ___ntohs(x) __cpu_to_be16(x)
#define ___ntohl(x) __cpu_to_be32(x)
#define __constant_htons(x) __cpu_to_be16(x)
#define __constant_htonl(x) __cpu_to_be32(x)
#define __constant_ntohs(x) __cpu_to_be16(x)
#define __constant_ntohl(x) __cpu_to_be32(x)
#define ___constant_swab16(x) __swab16(x)
#define swab16(x) __swab16(x)
#define __constant_cpu_to_be16(x) __cpu_to_be16(x)
#define __constant_be16_to_cpu(x) __cpu_to_be16(x)
#define be16_to_cpup(pointer) __cpu_to_be16(*(const __be16 *)(pointer))
#define cpu_to_be16p(pointer) __cpu_to_be16(*(const __u16 *)(pointer))
#define __be16_to_cpup(pointer) be16_to_cpup(pointer)
#define __cpu_to_be16p(pointer) cpu_to_be16p(pointer)
#define __constant_cpu_to_le16(x) __cpu_to_le16(x)
#define __constant_le16_to_cpu(x) __cpu_to_le16(x)
#define le16_to_cpup(pointer) __cpu_to_le16(*(const __le16 *)(pointer))
#define cpu_to_le16p(pointer) __cpu_to_le16(*(const __u16 *)(pointer))
#define __le16_to_cpup(pointer) le16_to_cpup(pointer)
#define __cpu_to_le16p(pointer) cpu_to_le16p(pointer)
#define ___constant_swab32(x) __swab32(x)
#define swab32(x) __swab32(x)
#define __constant_cpu_to_be32(x) __cpu_to_be32(x)
#define __constant_be32_to_cpu(x) __cpu_to_be32(x)
#define be32_to_cpup(pointer) __cpu_to_be32(*(const __be32 *)(pointer))
#define cpu_to_be32p(pointer) __cpu_to_be32(*(const __u32 *)(pointer))
#define __be32_to_cpup(pointer) be32_to_cpup(pointer)
#define __cpu_to_be32p(pointer) cpu_to_be32p(pointer)
#define __constant_cpu_to_le32(x) __cpu_to_le32(x)
#define __constant_le32_to_cpu(x) __cpu_to_le32(x)
#define le32_to_cpup(pointer) __cpu_to_le32(*(const __le32 *)(pointer))
#define cpu_to_le32p(pointer) __cpu_to_le32(*(const __u32 *)(pointer))
#define __le32_to_cpup(pointer) le32_to_cpup(pointer)
#define __cpu_to_le32p(pointer) cpu_to_le32p(pointer)
#define ___constant_swab64(x) __swab64(x)
#define swab64(x) __swab64(x)
#define __constant_cpu_to_be64(x) __cpu_to_be64(x)
#define __constant_be64_to_cpu(x) __cpu_to_be64(x)
#define be64_to_cpup(pointer) __cpu_to_be64(*(const __be64 *)(pointer))
#define cpu_to_be64p(pointer) __cpu_to_be64(*(const __u64 *)(pointer))
#define __be64_to_cpup(pointer) be64_to_cpup(pointer)
#define __cpu_to_be64p(pointer) cpu_to_be64p(pointer)
#define __constant_cpu_to_le64(x) __cpu_to_le64(x)
#define __constant_le64_to_cpu(x) __cpu_to_le64(x)
#define le64_to_cpup(pointer) __cpu_to_le64(*(const __le64 *)(pointer))
#define cpu_to_le64p(pointer) __cpu_to_le64(*(const __u64 *)(pointer))
#define __le64_to_cpup(pointer) le64_to_cpup(pointer)
#define __cpu_to_le64p(pointer) cpu_to_le64p(pointer)

/* The kernel does not declare these everywhere, but most programs call them
 * without asking, and a few define their own: those compile on the second try,
 * which comes with the kernel's own structs. */
#ifndef SKBSCOPE_KERNEL_TYPES
#include <skbscope/string.h>
#endif

#endif
