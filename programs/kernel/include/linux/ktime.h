/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/time.h>

typedef __s64 ktime_t;

#define KTIME_MAX ((s64)~((u64)1 << 63))
#define ktime_to_ns(time) ((s64)(time))
/* BPF divides unsigned numbers only. */
#define ktime_divns(time, by) ({ s64 divns_ = (time); divns_ < 0 ? -(s64)((u64)-divns_ / (u64)(by)) : (s64)((u64)divns_ / (u64)(by)); })
#define ktime_to_us(time) ktime_divns(time, NSEC_PER_USEC)
#define ktime_to_ms(time) ktime_divns(time, NSEC_PER_MSEC)
#define ns_to_ktime(ns) ((ktime_t)(ns))
#define ms_to_ktime(ms) ((ktime_t)(ms) * NSEC_PER_MSEC)
#define ktime_add(a, b) ((a) + (b))
#define ktime_sub(a, b) ((a) - (b))
#define ktime_add_ns(time, ns) ((time) + (ns))
#define ktime_sub_ns(time, ns) ((time) - (ns))
#define ktime_after(a, b) ((a) > (b))
#define ktime_before(a, b) ((a) < (b))
#define ktime_us_delta(later, earlier) ktime_to_us(ktime_sub(later, earlier))
#define ktime_ms_delta(later, earlier) ktime_to_ms(ktime_sub(later, earlier))
