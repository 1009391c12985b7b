/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/places.h"

#include "base/cleanup.h"
#include "harness.h"

static uint64_t *take(struct places *places, const char *key, bool *is_new)
{
	char padded[8] = "";

	snprintf(padded, sizeof(padded), "%s", key);
	return places_take(places, padded, is_new);
}

TEST(those_that_come_first_keep_their_places_and_sums_stay_exact)
{
	AUTO(places_close) struct places places = { 0 };
	AUTO(table_rows_clear)
	struct table_rows rows = { .key_size = 8, .value_stride = 8, .cpu_count = 1 };
	uint64_t sum = 0;
	bool is_new;

	REQUIRE(places_open(&places, 8, sizeof(uint64_t), 3, "other\0\0") == 0);
	for (unsigned int i = 0; i < 1000; i++) {
		char key[8];

		snprintf(key, sizeof(key), "k%u", i % 10);
		++*take(&places, key, &is_new);
		CHECK(is_new == (i < 3));
	}
	CHECK_NUMBER(places_rows(&places), 4);
	CHECK_NUMBER(places.folded, 700);
	CHECK_TEXT((const char *)places_key(&places, 0), "k0");
	CHECK_TEXT((const char *)places_key(&places, 3), "other");
	CHECK_NUMBER(*(const uint64_t *)places_value(&places, 3), 700);
	REQUIRE(places_read(&places, sizeof(uint64_t), &rows) == 0);
	for (size_t i = 0; i < rows.count; i++)
		sum += *(const uint64_t *)table_rows_value(&rows, i);
	CHECK_NUMBER(sum, 1000);
	CHECK(!places_find(&places, "other\0\0"));
	CHECK(places_is_other(&places, take(&places, "k9", &is_new)));
}
