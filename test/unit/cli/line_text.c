/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/line_text.h"
#include "harness.h"

TEST(a_line_that_assigns_counts_or_calls_may_store)
{
	static const char *const lines[] = {
		"ip->ttl = 3;",
		"if (skb->len > 100) ip->ttl = 3;",
		"value->bytes += skb->len;",
		"flags |= 1;",
		"flags <<= 1;",
		"(*value)++;",
		"--value->left;",
		"__builtin_memcpy(to, from, 6);",
		"COUNT (value)",
		"if (set_ttl(ip))",
		"/* why */ ip->ttl = 3;",
		"for (int i = 0; i < 3; i++)",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK(line_may_store(lines[i]));
}

TEST(a_line_that_only_asks_does_not)
{
	static const char *const lines[] = {
		"",
		"}",
		"\t} else {",
		"\tif (skb->len > 100)",
		"if (a == b || c != d || e >= f) {",
		"} else if ((long)value <= 3) // = here",
		"while (skb->mark) /* set(it) = 3 */",
		"switch (skb->protocol) {",
		"return a - -b;",
		"case 3:",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK(!line_may_store(lines[i]));
}
