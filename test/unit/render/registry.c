/* SPDX-License-Identifier: Apache-2.0 */
/* render/registry: formats by name. */
#include "render/registry.h"

#include "harness.h"

TEST(every_name_that_can_be_chosen_is_a_format)
{
	size_t count = 0;

	for (; render_format_names[count]; count++) {
		const struct render_format *format = render_format_find(render_format_names[count]);

		REQUIRE(format);
		CHECK_TEXT(format->name, render_format_names[count]);
		CHECK(format->snapshot);
	}
	CHECK(count > 1);
	CHECK(render_format_find("table")->for_people);
	CHECK(!render_format_find("json")->for_people);
	CHECK(render_format_find("json")->snapshot == skbscope_render_json);
}

TEST(other_names_are_none)
{
	CHECK(!render_format_find("jso"));
	CHECK(!render_format_find("JSON"));
	CHECK(!render_format_find(""));
}
