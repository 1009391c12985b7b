/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf_trace_printk() as a record in a ring (base/print_record.h): C text in BCC's dialect.
 *
 * libbcc turns bpf_trace_printk("…", …) into bpf_trace_printk_(_fmt, sizeof(_fmt), …) with
 * char _fmt[] = "…"; the macro of that name comes into play then, in the second pass. In
 * the first the call is a function's: map calls among its arguments are rewritten, and the
 * format's errors have their columns. The record is made in the ring's own memory, so that
 * neither format nor strings take room on the stack.
 *
 * Arguments are evaluated once, and before there is a record that would have to be given
 * back. "1 ? x : x" is x without its being a bit-field.
 */
#include "worker/prints.h"

_Static_assert(PRINT_UNPLACED == 0x5b7c19e3u && sizeof(struct print_head) == 32,
	       "as they are in the text");

/* A system header's: what the user defines anew is no news, and it has no warnings. */
const char prints_begin[] =
	"# 1 \"/virtual/prints.h\" 1 3\n"
	"BPF_RINGBUF_OUTPUT(" PRINT_TABLE ", 64);\n"
	"static inline __attribute__((always_inline)) void *____skb_reserve(u64 size)\n"
	"{ return " PRINT_TABLE ".ringbuf_reserve(size); }\n"
	/* What the format knows of a pointer, only the format knows: 16 bytes are an IPv6
	 * address, 6 a hardware address, 4 an IPv4 address. */
	"static inline __attribute__((always_inline)) u64 ____skb_try(void *to, const void *from, "
	"u64 size)\n"
	"{ return bpf_probe_read_kernel(to, size, from) ? 0 : size; }\n"
	"static inline __attribute__((always_inline)) u64 ____skb_read(void *to, const void *from, "
	"u64 size)\n"
	"{ u64 got = ____skb_try(to, from, size);\n"
	" if (!got && size > 16) got = ____skb_try(to, from, 16);\n"
	" if (!got) got = ____skb_try(to, from, 6);\n"
	" if (!got) got = ____skb_try(to, from, 4);\n"
	" return got; }\n"
	"static inline __attribute__((always_inline)) u64 ____skb_read_text(void *to, const void "
	"*from, u64 size)\n"
	"{ long got = bpf_probe_read_kernel_str(to, size, from); return got > 0 ? got : 0; }\n"
	"#define ____SKB_PICK(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, "
	"_15, _16, n, ...) n\n"
	"#define ____SKB_COUNT(...) ____SKB_PICK(0, ##__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, "
	"8, 7, 6, 5, 4, 3, 2, 1, 0)\n"
	"#define ____SKB_HOLD(v, x) __typeof__(1 ? (x) : (x)) v = (x);\n"
	"#define ____SKB_POINTS(v) (__builtin_classify_type(v) == 5)\n"
	/* The argument itself where it points, since an array has its size only there. */
	"#define ____SKB_THAT(v, x) __builtin_choose_expr(____SKB_POINTS(v), (x), (char *)0)\n"
	"#define ____SKB_IS_ARRAY(v, x) (____SKB_POINTS(v) && "
	"!__builtin_types_compatible_p(__typeof__(____SKB_THAT(v, x)), __typeof__(v)))\n"
	"#define ____SKB_IS_TEXT(v) _Generic((v), char *: 1, const char *: 1, default: 0)\n"
	"#define ____SKB_IS_BYTES(v) _Generic((v), unsigned char *: 1, const unsigned char *: 1, "
	"signed char *: 1, "
	"const signed char *: 1, void *: 1, const void *: 1, default: 0)\n"
	"#define ____SKB_ARRAY(v, x) (sizeof(____SKB_THAT(v, x)) > 120 ? 120 : "
	"sizeof(____SKB_THAT(v, x)))\n"
	"#define ____SKB_ROOM(v, x) (!____SKB_POINTS(v) ? 0 : ____SKB_IS_ARRAY(v, x) ? "
	"(____SKB_ARRAY(v, x) + 7) / 8 * 8 : "
	"____SKB_IS_TEXT(v) || ____SKB_IS_BYTES(v) ? 64 : 16)\n"
	"#define ____SKB_LOG(v) (sizeof(v) == 1 ? 0 : sizeof(v) == 2 ? 1 : sizeof(v) == 4 ? 2 : "
	"3)\n"
	"#define ____SKB_SIGNED(v) ((__typeof__(v))-1 < (__typeof__(v))1 ? 4 : 0)\n"
	"#define ____SKB_KIND(i, v, x) ((u64)(____SKB_LOG(v) | (____SKB_POINTS(v) ? 8 | "
	"____SKB_ROOM(v, x) / 8 << 4 : "
	"____SKB_SIGNED(v))) << (8 * i))\n"
	"#define ____SKB_PART(i, x) struct { u64 got[____SKB_POINTS(____x##i)]; char "
	"bytes[____SKB_ROOM(____x##i, x)]; } part##i;\n"
	/* It has no address that the kernel could read at. */
	"#define ____SKB_IS_LITERAL(v, x) (____SKB_IS_ARRAY(v, x) && __builtin_constant_p(x))\n"
	"#define ____SKB_FILL(i, n, x) \\\n"
	" if (i < n) *(u64 *)((char *)____r + 32 + 8 * i) = ____SKB_IS_LITERAL(____x##i, x) ? 1 : "
	"(u64)(unsigned long)____x##i; \\\n"
	" if (____SKB_POINTS(____x##i)) { \\\n"
	"  const void *____from = (const void *)(unsigned long)____x##i; \\\n"
	"  void *____to = &____r->part##i.bytes; \\\n"
	"  u64 *____got = (u64 *)&____r->part##i; \\\n"
	"  if (____SKB_IS_LITERAL(____x##i, x)) { \\\n"
	"   __builtin_memcpy(____to, ____from, ____SKB_ARRAY(____x##i, x)); \\\n"
	"   *____got = ____SKB_ARRAY(____x##i, x); \\\n"
	"  } else if (____SKB_IS_ARRAY(____x##i, x)) \\\n"
	"   *____got = ____skb_try(____to, ____from, ____SKB_ARRAY(____x##i, x)); \\\n"
	"  else if (____SKB_IS_TEXT(____x##i)) \\\n"
	"   *____got = ____skb_read_text(____to, ____from, 64); \\\n"
	"  else \\\n"
	"   *____got = ____skb_read(____to, ____from, ____SKB_ROOM(____x##i, x)); \\\n"
	" }\n"
	"#define ____SKB_PRINT(f, n, x0, x1, x2, x3, x4, x5, x6, x7, ...) ({ \\\n"
	" _Static_assert(n <= 8, \"bpf_trace_printk() prints at most eight values\"); \\\n"
	" _Static_assert(sizeof(f) <= 1024, \"the format of bpf_trace_printk() has at most 1023 "
	"bytes\"); \\\n"
	" ____SKB_HOLD(____x0, x0) ____SKB_HOLD(____x1, x1) ____SKB_HOLD(____x2, x2) "
	"____SKB_HOLD(____x3, x3) \\\n"
	" ____SKB_HOLD(____x4, x4) ____SKB_HOLD(____x5, x5) ____SKB_HOLD(____x6, x6) "
	"____SKB_HOLD(____x7, x7) \\\n"
	" struct { u64 time, place, kinds; u16 size, count; u32 zero; u64 values[n]; \\\n"
	"  ____SKB_PART(0, x0) ____SKB_PART(1, x1) ____SKB_PART(2, x2) ____SKB_PART(3, x3) \\\n"
	"  ____SKB_PART(4, x4) ____SKB_PART(5, x5) ____SKB_PART(6, x6) ____SKB_PART(7, x7) \\\n"
	"  char format[(sizeof(f) + 7) / 8 * 8]; \\\n"
	" } *____r = ____skb_reserve(sizeof(*____r)); \\\n"
	" if (____r) { \\\n"
	"  ____r->time = bpf_ktime_get_ns(); \\\n"
	"  *(volatile u64 *)&____r->place = 0x5b7c19e3ull << 32 | \\\n"
	"   (__builtin_strcmp(__FILE__, \"" WORKER_SOURCE_FILE
	"\") ? 0x80000000ull : 0) | __LINE__; \\\n"
	"  ____r->kinds = ____SKB_KIND(0, ____x0, x0) | ____SKB_KIND(1, ____x1, x1) | \\\n"
	"   ____SKB_KIND(2, ____x2, x2) | ____SKB_KIND(3, ____x3, x3) | ____SKB_KIND(4, ____x4, "
	"x4) | \\\n"
	"   ____SKB_KIND(5, ____x5, x5) | ____SKB_KIND(6, ____x6, x6) | ____SKB_KIND(7, ____x7, "
	"x7); \\\n"
	"  ____r->size = sizeof(f); ____r->count = n; ____r->zero = 0; \\\n"
	"  ____SKB_FILL(0, n, x0) ____SKB_FILL(1, n, x1) ____SKB_FILL(2, n, x2) ____SKB_FILL(3, n, "
	"x3) \\\n"
	"  ____SKB_FILL(4, n, x4) ____SKB_FILL(5, n, x5) ____SKB_FILL(6, n, x6) ____SKB_FILL(7, n, "
	"x7) \\\n"
	"  __builtin_memcpy(____r->format, f, sizeof(f)); \\\n"
	"  bpf_ringbuf_submit(____r, 0); \\\n"
	" } 0; })\n"
	"#define bpf_trace_printk_(f, size, ...) "
	"____SKB_PRINT(f, ____SKB_COUNT(__VA_ARGS__), ##__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0, 0)\n";

const char prints_of_calls[] =
	"int bpf_trace_printk(const char *format, ...) __attribute__((format(printf, 1, 2)));\n";

/* For calls that libbcc does not rewrite: in macros, and in headers. */
const char prints_of_macros[] =
	"static inline __attribute__((always_inline, format(printf, 1, 2))) "
	"int ____skb_check(const char *format, ...) { return 0; }\n"
	"#define bpf_trace_printk(f, ...) ({ \\\n"
	" if (0) ____skb_check(f, ##__VA_ARGS__); \\\n"
	" char ____format[] = f; \\\n"
	" bpf_trace_printk_(____format, sizeof(____format), ##__VA_ARGS__); })\n";

const char prints_end[] = "# 1 \"" WORKER_SOURCE_FILE "\" 2\n";
