/* SPDX-License-Identifier: Apache-2.0 */
/* The list of diagnostics. */
#include <skbscope/diagnostics.h>

#include "harness.h"

TEST(the_list_copies_and_clears)
{
	char message[] = "first";
	struct skbscope_diagnostics *diagnostics = NULL;

	REQUIRE(skbscope_diagnostics_new(&diagnostics) == 0);
	CHECK(skbscope_diagnostics_add(diagnostics,
				       &(struct skbscope_diagnostic){ .message = message }) == 0);
	message[0] = 'X';
	CHECK_TEXT(skbscope_diagnostics_get(diagnostics, 0)->message, "first");
	CHECK(!skbscope_diagnostics_get(diagnostics, 1));
	CHECK(skbscope_diagnostics_set_log(diagnostics, "raw", 3) == 0);
	CHECK_TEXT(skbscope_diagnostics_log(diagnostics), "raw");
	skbscope_diagnostics_clear(diagnostics);
	CHECK_NUMBER(skbscope_diagnostics_count(diagnostics), 0);
	CHECK_TEXT(skbscope_diagnostics_log(diagnostics), "");
	skbscope_diagnostics_free(diagnostics);
}

TEST(no_list_is_an_empty_list)
{
	CHECK_NUMBER(skbscope_diagnostics_count(NULL), 0);
	CHECK_TEXT(skbscope_diagnostics_log(NULL), "");
	skbscope_diagnostics_free(NULL);
	skbscope_diagnostics_clear(NULL);
}
