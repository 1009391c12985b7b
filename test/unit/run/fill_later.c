/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of what was said while a program runs: of each row only what still matters. */
#include "harness.h"

#include <linux/bpf.h>

#include "base/cleanup.h"
#include "run/fill_later.h"
#include "run/fill_plan.h"
#include "unit/model/declare.h"

static const char *texts[1]; /* --set */

static struct buffer said_after(uint32_t type, const char *steps[])
{
	const struct list list = { .items = texts, .count = texts[0] != NULL };
	AUTO(fill_later_clear) struct fill_later said = { 0 };
	struct buffer result = { 0 };
	struct declared table;

	declare_open(&table);
	declare_map(&table, type, "u32", "a u32; b u32");
	declare_close(&table);
	for (size_t i = 0; steps[i]; i++) {
		static const enum fill_kind kinds[] = {
			['+'] = FILL_SET, ['-'] = FILL_DELETE, ['0'] = FILL_CLEAR
		};
		struct fill_said word = { kinds[(unsigned char)steps[i][0]],
					  (char *)(uintptr_t)steps[i] + 1 };
		const struct fill_later asked = { .items = &word, .count = 1 };
		const struct fill fill = { .texts = &list, .later = said };
		struct fill_later next = { 0 };

		CHECK(fill_later_merge(&fill, &asked, schema_set_get(table.set, 0), &next) == 0);
		fill_later_clear(&said);
		said = next;
	}
	for (size_t i = 0; i < said.count; i++)
		buffer_printf(&result, "%s%c%s", i ? " " : "", "+-0"[said.items[i].kind],
			      said.items[i].text);
	declare_clear(&table);
	return result;
}

#define CHECK_SAID(type, expected, ...)                                                            \
	do {                                                                                       \
		const char *steps_[] = { __VA_ARGS__, NULL };                                      \
		AUTO(buffer_free) struct buffer said_ = said_after(type, steps_);                  \
		CHECK_TEXT(buffer_text(&said_), expected);                                         \
	} while (0)

#define HASH BPF_MAP_TYPE_HASH
#define ARRAY BPF_MAP_TYPE_ARRAY

TEST(of_a_row_the_latest_word_is_kept)
{
	texts[0] = NULL;
	CHECK_SAID(HASH, "+t[1]={3, 4} +t[2]={5, 6}", "+t[1]={1, 2}", "+t[1]={3, 4}",
		   "+t[2]={5, 6}");
	CHECK_SAID(HASH, "+t[0x1]={3, 4}", "+t[1]={1, 2}", "+t[0x1]={3, 4}");
	CHECK_SAID(HASH, "+t[1]={a=3}", "+t[1]={a=1}", "+t[1]={a=2}", "+t[1]={a=3}");
}

TEST(what_a_word_leaves_of_another_is_kept)
{
	texts[0] = NULL;
	CHECK_SAID(HASH, "+t[1]={a=1, b=2} +t[1]={b=3}", "+t[1]={a=1, b=2}", "+t[1]={b=3}");
	CHECK_SAID(HASH, "+t[1]={a=1} +t[1]={b=3}", "+t[1]={a=1}", "+t[1]={b=2}", "+t[1]={b=3}");
	CHECK_SAID(HASH, "+t[1]={a=1, b=4}", "+t[1]={a=1}", "+t[1]={b=2}", "+t[1]={a=1, b=4}");
	CHECK_SAID(HASH, "+t[1]={a=1}", "+t[1]", "+t[1]={a=1}");
	CHECK_SAID(HASH, "+t[1]={a=1} +t[1]", "+t[1]={a=1}", "+t[1]", "+t[1]");
}

TEST(what_is_taken_away_takes_what_was_set)
{
	texts[0] = NULL;
	CHECK_SAID(HASH, "+t[2]={1, 2}", "+t[1]={1, 2}", "+t[2]={1, 2}", "-t[1]");
	CHECK_SAID(HASH, "", "+t[1]={1, 2}", "+t[2]={1, 2}", "0t");
	CHECK_SAID(HASH, "+t[1]={a=7}", "+t[1]={1, 2}", "-t[1]", "+t[1]={a=7}");
}

TEST(what_is_taken_of_the_options_is_remembered)
{
	texts[0] = "t=@rows";
	CHECK_SAID(HASH, "-t[1]", "+t[1]={1, 2}", "-t[1]");
	CHECK_SAID(HASH, "-t[1] +t[1]={a=7}", "-t[1]", "+t[1]={a=7}");
	CHECK_SAID(HASH, "+t[1]={7, 8}", "-t[1]", "+t[1]={a=7}", "+t[1]={7, 8}");
	CHECK_SAID(HASH, "0t +t[1]={a=7}", "-t[1]", "+t[2]={1, 2}", "0t", "+t[1]={a=7}");
	CHECK_SAID(HASH, "0t", "0t", "-t[1]", "0t");
	texts[0] = "t[5]={1, 2}";
	CHECK_SAID(HASH, "0t", "0t");
	texts[0] = "tt[5]={1, 2}";
	CHECK_SAID(HASH, "", "0t");
}

TEST(a_slot_is_zero_after_all_slots_were_set)
{
	texts[0] = NULL;
	CHECK_SAID(ARRAY, "+t[*]={1, 2} -t[1]", "+t[*]={1, 2}", "-t[1]");
	CHECK_SAID(ARRAY, "+t[*]={3, 4}", "+t[1]={1, 2}", "-t[0]", "+t[*]={3, 4}");
	CHECK_SAID(ARRAY, "-t[0] +t[*]={a=3}", "-t[0]", "+t[1]={a=2}", "+t[*]={a=3}");
	CHECK_SAID(ARRAY, "", "+t[*]={1, 2}", "+t[0]={1, 2}", "0t");
}

TEST(words_on_other_tables_stay)
{
	texts[0] = NULL;
	CHECK_SAID(HASH, "+u[1]={1, 2} +tt[1]=3", "+u[1]={1, 2}", "+tt[1]=3", "0t");
}

TEST(what_makes_no_sense_any_more_stays_until_the_table_is_cleared)
{
	texts[0] = NULL;
	CHECK_SAID(HASH, "+t[eth0]={1, 2} +t[1]={3, 4}", "+t[eth0]={1, 2}", "+t[1]={3, 4}");
	CHECK_SAID(HASH, "", "+t[eth0]={1, 2}", "+t[1]={3, 4}", "0t");
}
