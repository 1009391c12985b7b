/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls have something put into them, and what columns are then. */
#include "compile/event_types.h"

#include <string.h>

#include "base/cleanup.h"
#include "harness.h"

static size_t count_in(const char *text)
{
	AUTO(insertions_clear) struct insertions found = { 0 };

	CHECK(event_types_find(text, strlen(text), NULL, &found) == 0);
	return found.count;
}

TEST(each_way_to_submit_has_its_type_written_down)
{
	CHECK_NUMBER(count_in("events.perf_submit(ctx, &e, sizeof(e));"), 1);
	CHECK_NUMBER(count_in("events . perf_submit ( ctx , (void *)&e , sizeof e ) ;"), 1);
	CHECK_NUMBER(count_in("events.perf_submit_skb(skb, skb->len, &e, sizeof(e));"), 1);
	CHECK_NUMBER(count_in("ring.ringbuf_output(&e[3].part, sizeof(e), 0);"), 1);
	CHECK_NUMBER(count_in("e = ring.ringbuf_reserve(sizeof(struct event));"), 1);
	CHECK_NUMBER(count_in("a.perf_submit(x, &e, 1); b.ringbuf_output(p->q, 4, 0);"), 2);
}

TEST(what_is_no_such_call_stays_as_it_is)
{
	CHECK_NUMBER(count_in("// events.perf_submit(ctx, &e, sizeof(e));"), 0);
	CHECK_NUMBER(count_in("/* events.perf_submit(ctx, &e, sizeof(e)); */"), 0);
	CHECK_NUMBER(count_in("\"events.perf_submit(ctx, &e, sizeof(e));\""), 0);
	CHECK_NUMBER(count_in("#define SEND events.perf_submit(ctx, &e, sizeof(e))\n"), 0);
	CHECK_NUMBER(count_in("#define SEND \\\n events.perf_submit(ctx, &e, sizeof(e))\n"), 0);
	CHECK_NUMBER(count_in("counts.update(&key, &value);"), 0);
	CHECK_NUMBER(count_in("events.perf_submit(ctx, &e);"), 0);
	CHECK_NUMBER(count_in("events.perf_submit(ctx, make(), 4);"), 0);
	CHECK_NUMBER(count_in("events.perf_submit(ctx, p++, 4);"), 0);
	CHECK_NUMBER(count_in("events.perf_submit(ctx, &e, sizeof(e)"), 0);
	CHECK_NUMBER(count_in("ring.ringbuf_reserve(24);"), 0);
	CHECK_NUMBER(count_in("events.perf_submit(ctx, ({ &e; }), 4);"), 0);
}

TEST(lines_stay_and_columns_can_be_had_back)
{
	static const char text[] = "int a;\n"
				   "events.perf_submit(ctx, &e, sizeof(e)); wrong;\n"
				   "events.perf_submit(ctx,\n"
				   "	&e, 4); wrong;\n";
	AUTO(insertions_clear) struct insertions found = { 0 };
	AUTO(buffer_free) struct buffer out = { 0 };
	const char *first, *second;
	uint32_t column;
	bool inside;

	REQUIRE(event_types_find(text, strlen(text), NULL, &found) == 0);
	REQUIRE(found.count == 2);
	insertions_apply(&found, text, strlen(text), &out);
	first = strchr(buffer_text(&out), '\n') + 1;
	second = strchr(strchr(first, '\n') + 1, '\n') + 1;
	column = (uint32_t)(strstr(first, " wrong;") - first) + 2;
	CHECK_NUMBER(insertions_column(&found, 2, column, &inside), 41);
	CHECK(!inside);
	CHECK_NUMBER(insertions_column(&found, 2, 38, &inside), 38);
	CHECK(inside);
	CHECK_NUMBER(insertions_column(&found, 2, 60, &inside), 38);
	CHECK(inside);
	CHECK_NUMBER(insertions_column(&found, 2, 26, &inside), 26);
	CHECK(!inside);
	column = (uint32_t)(strstr(second, " wrong;") - second) + 2;
	CHECK_NUMBER(insertions_column(&found, 4, column, &inside), 10);
	CHECK_NUMBER(insertions_column(&found, 1, 5, &inside), 5);
}

TEST(a_tag_has_its_struct_behind_the_text_and_its_calls_left_alone)
{
	static const struct skbscope_table_tag tag = { "events", "event" };
	const struct skbscope_documentation tags = { .events = &tag, .event_count = 1 };
	static const char text[] = "events.perf_submit(ctx, &e, 4); other.perf_submit(ctx, &e, 4);";
	AUTO(insertions_clear) struct insertions found = { 0 };

	REQUIRE(event_types_find(text, strlen(text), &tags, &found) == 0);
	REQUIRE(found.count == 2);
	CHECK_NUMBER(found.list[0].line, 1);
	CHECK(strstr(found.list[0].text, "____skb_event_other"));
	CHECK_NUMBER(found.list[1].at, strlen(text));
	CHECK(strstr(found.list[1].text, "struct ____skb_event_events{struct event value;}"));
}
