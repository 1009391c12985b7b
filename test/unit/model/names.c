/* SPDX-License-Identifier: Apache-2.0 */
/* Names of numbers, and the other way. */
#include "model/names.h"

#include <errno.h>

#include "harness.h"

TEST(a_verdict_is_meant_by_its_name)
{
	static const struct {
		const char *name;
		int32_t verdict;
	} names[] = {
		{ "SHOT", 2 }, { "shot", 2 },     { "TC_ACT_SHOT", 2 }, { "UNSPEC", -1 },
		{ "ok", 0 },   { "redirect", 7 }, { "Trap", 8 },        { "other", INT32_MIN }
	};
	struct skbscope_error error = { 0 };
	int32_t verdict;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		CHECK_NUMBER(verdict_parse(names[i].name, &verdict, NULL), 0);
		CHECK_NUMBER(verdict, names[i].verdict);
	}
	CHECK_NUMBER(verdict_parse("shoot", &verdict, &error), -EINVAL);
	CHECK_TEXT(error.message, "'shoot' is no verdict");
	CHECK_CONTAINS(error.hint, "SHOT");
	CHECK_NUMBER(
		verdict_parse("everything that there is, whatever it may be", &verdict, &error),
		-EINVAL);
	CHECK_CONTAINS(error.hint, "TC_ACT_");
}
