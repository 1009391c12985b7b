/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/accept.h"

#include "harness.h"

static size_t choose(const char *header)
{
	static const char *const types[] = { "text/plain", "application/openmetrics-text" };

	return accept_choose(header, types, 2);
}

TEST(what_is_not_asked_for_is_the_first)
{
	CHECK(choose(NULL) == 0);
	CHECK(choose("") == 0);
	CHECK(choose("*/*") == 0);
	CHECK(choose("text/html, image/png") == 0);
	CHECK(choose("application/*") == 1);
}

TEST(prometheus_gets_what_it_prefers)
{
	CHECK(choose("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
		     "application/openmetrics-text;version=0.0.1;q=0.5,"
		     "text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2") ==
	      1);
	CHECK(choose("text/plain;version=0.0.4;q=1,*/*;q=0.1") == 0);
	CHECK(choose("application/openmetrics-text; q=0.2, text/plain; q=0.3") == 0);
	CHECK(choose("Application/OpenMetrics-Text") == 1);
}

TEST(nothing_is_as_good_as_refused)
{
	CHECK(choose("application/openmetrics-text;q=0, */*") == 0);
	CHECK(choose("text/plain;q=0, */*;q=0.5") == 1);
	CHECK(choose("text/plain;q=0.000, application/openmetrics-text;q=0.001") == 1);
}

TEST(nonsense_is_survived)
{
	CHECK(choose(",,,;;;q=q=,") == 0);
	CHECK(choose("application/openmetrics-text;q") == 1);
	CHECK(choose("application/openmetrics-text;q=9") == 1);
	CHECK(choose("/;q=1, ;") == 0);
}
