/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of every width and sign at the ends of their range: what fits is the same
 * number afterwards, what does not is refused. */
#include "model/convert.h"

#include <errno.h>

#include "harness.h"
#include "model/value.h"

#define MOST (~(unsigned __int128)0)

static const uint32_t widths[] = { 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128 };

struct number {
	struct skbscope_type type;
	struct skbscope_column column;
};

static void integer(struct number *number, uint32_t bits, bool is_signed)
{
	number->type = (struct skbscope_type){ .kind = SKBSCOPE_KIND_INTEGER,
					       .name = is_signed ? "signed" : "unsigned",
					       .bits = bits <= 8    ? 8
						       : bits <= 16 ? 16
						       : bits <= 32 ? 32
						       : bits <= 64 ? 64
								    : 128,
					       .is_signed = is_signed };
	number->column = (struct skbscope_column){ .type = &number->type, .bit_size = bits };
}

/* Whether it fits, and then whether it is the same number. */
static bool converts(const struct number *from, const struct number *to, unsigned __int128 wanted)
{
	struct arena *arena = arena_new();
	struct conversion conversion;
	uint8_t source[16], target[16] = { 0 };
	struct value value;
	int r;

	memcpy(source, &wanted, sizeof(source));
	CHECK_NUMBER(convert_plan(&from->column, &to->column, arena, &conversion), 0);
	r = convert_run(&conversion, source, target);
	CHECK(r == 0 || r == -ERANGE);
	value = value_read(&to->column, target);
	if (r == 0 && value.u != wanted)
		CHECK(false);
	arena_free(arena);
	return r == 0;
}

static void check_ends(const struct number *wide, uint32_t bits, bool is_signed)
{
	unsigned __int128 sign = (unsigned __int128)1 << (bits - 1);
	unsigned __int128 largest = is_signed ? sign - 1 : sign - 1 + sign;
	unsigned __int128 smallest = is_signed ? -sign : 0;
	bool wide_is_signed = wide->type.is_signed;
	struct number narrow;
	int before = test_failures;

	integer(&narrow, bits, is_signed);
	if (!wide_is_signed || largest <= MOST / 2) { /* a signed one holds no more */
		CHECK(largest == 0 || converts(wide, &narrow, largest - 1));
		CHECK(converts(wide, &narrow, largest));
	}
	if (wide_is_signed ? largest < MOST / 2 : largest < MOST)
		CHECK(!converts(wide, &narrow, largest + 1));
	if (!smallest || wide_is_signed) {
		CHECK(converts(wide, &narrow, smallest));
		CHECK(bits == 1 || converts(wide, &narrow, smallest + 1));
	}
	if (wide_is_signed && bits < 128)
		CHECK(!converts(wide, &narrow, smallest - 1));
	if (test_failures != before)
		fprintf(stderr, "%s 128 bits to %s %u bits\n", wide->type.name, narrow.type.name,
			bits);
}

TEST(integers_of_every_width_and_sign_end_where_they_end)
{
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++)
		for (int to_signed = 0; to_signed < 2; to_signed++)
			for (int from_signed = 0; from_signed < 2; from_signed++) {
				struct number wide;

				integer(&wide, 128, from_signed);
				check_ends(&wide, widths[i], to_signed);
			}
}

TEST(the_same_width_with_another_sign_ends_at_the_sign)
{
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		unsigned __int128 sign = (unsigned __int128)1 << (widths[i] - 1);
		struct number plain, with_sign;

		integer(&plain, widths[i], false);
		integer(&with_sign, widths[i], true);
		CHECK(converts(&plain, &with_sign, sign - 1));
		CHECK(!converts(&plain, &with_sign, sign));
		CHECK(converts(&with_sign, &plain, sign - 1));
		CHECK(!converts(&with_sign, &plain, -sign));
		CHECK(!converts(&with_sign, &plain, MOST)); /* -1 */
	}
}

static int from_double(double number, const struct number *to, struct value *out)
{
	static const struct skbscope_type type = {
		.kind = SKBSCOPE_KIND_FLOAT, .name = "double", .bits = 64, .is_signed = true
	};
	const struct skbscope_column column = { .type = &type, .bit_size = 64 };
	struct arena *arena = arena_new();
	struct conversion conversion;
	uint8_t source[8], target[16] = { 0 };
	int r;

	memcpy(source, &number, sizeof(source));
	CHECK_NUMBER(convert_plan(&column, &to->column, arena, &conversion), 0);
	r = convert_run(&conversion, source, target);
	*out = value_read(&to->column, target);
	arena_free(arena);
	return r;
}

/* A double holds these ends exactly, and what is beyond them by one. */
TEST(floats_end_where_the_integer_does)
{
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths) && widths[i] <= 33; i++)
		for (int is_signed = 0; is_signed < 2; is_signed++) {
			double limit = ldexp(1, (int)widths[i] - is_signed);
			struct number to;
			struct value value;

			integer(&to, widths[i], is_signed);
			CHECK_NUMBER(from_double(limit - 1, &to, &value), 0);
			CHECK_NEAR(value_double(&value), limit - 1);
			CHECK_NUMBER(from_double(limit - 0.5, &to, &value), 0);
			CHECK_NEAR(value_double(&value), limit - 1);
			CHECK_NUMBER(from_double(limit, &to, &value), -ERANGE);
			CHECK_NUMBER(from_double(is_signed ? -limit : 0, &to, &value), 0);
			CHECK_NEAR(value_double(&value), is_signed ? -limit : 0);
			CHECK_NUMBER(from_double(is_signed ? -limit - 1 : -1, &to, &value),
				     -ERANGE);
			CHECK_NUMBER(from_double((double)NAN, &to, &value), -ERANGE);
			CHECK_NUMBER(from_double((double)INFINITY, &to, &value), -ERANGE);
		}
}

TEST(a_double_too_large_for_a_float_is_refused)
{
	static const struct skbscope_type type = {
		.kind = SKBSCOPE_KIND_FLOAT, .name = "float", .bits = 32, .is_signed = true
	};
	const struct number to = { type, { .type = &type, .bit_size = 32 } };
	struct value value;

	CHECK_NUMBER(from_double(0x1.fffffep127, &to, &value), 0);
	CHECK_NUMBER(from_double(0x1p128, &to, &value), -ERANGE);
	CHECK_NUMBER(from_double((double)INFINITY, &to, &value), 0);
}
