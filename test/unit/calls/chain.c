/* SPDX-License-Identifier: Apache-2.0 */
/* Chains of lines, and who tampers with them. */
#include "calls/chain.h"

#include "base/cleanup.h"
#include "calls/verify.h"
#include "harness.h"

static const uint8_t some_key[CHAIN_KEY_BYTES] = { 1, 2, 3 };

/* Of five lines, the last of which closes it. */
static void write_chain(const uint8_t *key, struct buffer *out)
{
	struct chain chain;

	chain_open(&chain, key);
	for (int i = 0; i < 4; i++) {
		char body[64];
		const int length =
			snprintf(body, sizeof(body), "{\"event\":\"calls\",\"n\":%d}", i);

		chain_add(&chain, body, (size_t)length, out);
	}
	chain_close(&chain, "{\"audit\":\"closed\"}", 18, out);
}

static char said[2048];

static void note(void *context, const char *file, uint64_t number, const char *text)
{
	(void)context;
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s:%d: %s\n", file, (int)number,
		 text);
}

static void verify_text(struct verify *verify, const char *text, size_t length)
{
	FILE *file = fmemopen((void *)text, length, "r");

	verify->problem = note;
	said[0] = '\0';
	CHECK(verify_first(file) > 0);
	CHECK_NUMBER(verify_file(verify, file, "f"), 0);
	verify_end(verify, "f");
	fclose(file);
}

static struct verify verify(const uint8_t *key, const struct buffer *text)
{
	struct verify state;

	verify_open(&state, key);
	verify_text(&state, text->data, text->length);
	return state;
}

static char *line_at(const struct buffer *text, int number)
{
	char *at = text->data;

	while (--number > 0)
		at = strchr(at, '\n') + 1;
	return at;
}

TEST(a_chain_that_nobody_touched_is_found_whole)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct verify state;

	write_chain(NULL, &text);
	state = verify(NULL, &text);
	CHECK_TEXT(said, "");
	CHECK_NUMBER(state.problems, 0);
	CHECK_NUMBER(state.lines, 5);
	CHECK_NUMBER(state.last, 5);
	CHECK(state.closed);
}

TEST(a_letter_that_was_changed_is_found_with_its_line)
{
	for (int number = 1; number <= 5; number++) {
		AUTO(buffer_free) struct buffer text = { 0 };
		char *at;

		write_chain(NULL, &text);
		at = strstr(line_at(&text, number), number < 5 ? "calls" : "closed");
		at[1] = 'X';
		CHECK(verify(NULL, &text).problems > 0);
		if (number < 5) {
			char expected[64];

			snprintf(expected, sizeof(expected), "f:%d: line %d is not what it was",
				 number + 1, number);
			CHECK_CONTAINS(said, expected);
		} else {
			CHECK_CONTAINS(said, "f:5: the closing line 5 was changed");
		}
	}
}

TEST(a_line_that_was_removed_is_missed)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	char *third, *fourth;

	write_chain(NULL, &text);
	third = line_at(&text, 3);
	fourth = line_at(&text, 4);
	memmove(third, fourth, strlen(fourth) + 1);
	text.length = strlen(text.data);
	CHECK_NUMBER(verify(NULL, &text).problems, 1);
	CHECK_TEXT(said, "f:3: lines 3 to 3 are missing before this one\n");
}

TEST(lines_that_were_swapped_are_found)
{
	AUTO(buffer_free) struct buffer text = { 0 }, swapped = { 0 };
	char *second, *third, *fourth;

	write_chain(NULL, &text);
	second = line_at(&text, 2);
	third = line_at(&text, 3);
	fourth = line_at(&text, 4);
	buffer_append(&swapped, text.data, (size_t)(second - text.data));
	buffer_append(&swapped, third, (size_t)(fourth - third));
	buffer_append(&swapped, second, (size_t)(third - second));
	buffer_string(&swapped, fourth);
	CHECK(verify(NULL, &swapped).problems > 0);
	CHECK_CONTAINS(said, "f:3: line 2 is not in its place");
}

TEST(an_end_that_was_cut_is_told_unless_a_line_is_known)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct verify state;
	char expect[CHAIN_HEX + 8];
	struct chain chain;
	char *end;

	write_chain(NULL, &text);
	end = line_at(&text, 4);
	text.length = (size_t)(end - text.data);
	CHECK_NUMBER(verify(NULL, &text).problems, 1);
	CHECK_CONTAINS(said, "there is no closing line");

	chain_open(&chain, NULL);
	chain_follow(&chain, 3, line_at(&text, 3), (size_t)(end - line_at(&text, 3)) - 1);
	snprintf(expect, sizeof(expect), "3:%s", chain.before);
	verify_open(&state, NULL);
	CHECK(verify_expect(&state, expect));
	verify_text(&state, text.data, text.length);
	CHECK_TEXT(said, "");
	verify_open(&state, NULL);
	expect[0] = '4';
	CHECK(verify_expect(&state, expect));
	verify_text(&state, text.data, text.length);
	CHECK_CONTAINS(said, "line 4, which is expected, is not there: 3 is the last");
}

TEST(what_is_no_number_and_hash_is_not_expected)
{
	struct verify state;

	verify_open(&state, NULL);
	CHECK(!verify_expect(&state, "3"));
	CHECK(!verify_expect(&state, "3:abc"));
	CHECK(!verify_expect(&state, ":0000"));
}

TEST(without_the_key_no_chain_can_be_made_that_has_it)
{
	const uint8_t other_key[CHAIN_KEY_BYTES] = { 9 };
	AUTO(buffer_free) struct buffer keyed = { 0 }, plain = { 0 }, forged = { 0 };

	write_chain(some_key, &keyed);
	write_chain(NULL, &plain);
	write_chain(other_key, &forged);
	CHECK_NUMBER(verify(some_key, &keyed).problems, 0);
	CHECK(verify(some_key, &plain).problems > 0);
	CHECK(verify(some_key, &forged).problems > 0);
	CHECK(verify(NULL, &keyed).problems > 0);
}

TEST(a_head_that_was_cut_is_known_by_the_closing_line)
{
	const char closed[] = "{\"audit\":\"closed\",\"first\":1}";
	AUTO(buffer_free) struct buffer text = { 0 }, cut = { 0 };
	struct chain chain;

	chain_open(&chain, NULL);
	for (int i = 0; i < 3; i++)
		chain_add(&chain, "{\"event\":\"calls\"}", 17, &text);
	chain_close(&chain, closed, sizeof(closed) - 1, &text);
	CHECK_NUMBER(verify(NULL, &text).problems, 0);
	buffer_string(&cut, line_at(&text, 3));
	CHECK_NUMBER(verify(NULL, &cut).problems, 1);
	CHECK_CONTAINS(said, "f:2: lines 1 to 2 are missing");
}

static bool fits(const uint8_t *key, const struct buffer *text)
{
	FILE *file = fmemopen(text->data, text->length, "r");
	struct verify state;
	bool r;

	verify_open(&state, key);
	r = verify_key_fits(&state, file);
	fclose(file);
	return r;
}

TEST(another_key_is_told_from_a_change)
{
	AUTO(buffer_free) struct buffer keyed = { 0 };

	write_chain(some_key, &keyed);
	CHECK(fits(some_key, &keyed));
	CHECK(!fits(NULL, &keyed));
	strstr(line_at(&keyed, 1), "calls")[0] = 'X';
	strstr(line_at(&keyed, 3), "calls")[0] = 'X';
	CHECK(fits(some_key, &keyed));
}

TEST(a_line_that_a_crash_tore_is_told_by_the_one_behind_it)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char resumed[] = "{\"audit\":\"resumed\",\"torn_bytes\":9}";
	struct chain chain;
	struct verify state;

	chain_open(&chain, NULL);
	chain_add(&chain, "{\"event\":\"calls\"}", 17, &text);
	buffer_string(&text, "{\"seq\":2,\n");
	chain_add(&chain, resumed, sizeof(resumed) - 1, &text);
	chain_close(&chain, "{\"audit\":\"closed\"}", 18, &text);
	state = verify(NULL, &text);
	CHECK_TEXT(said, "");
	CHECK_NUMBER(state.seams, 1);
	/* And nothing else that is no line. */
	strstr(text.data, "\"torn_bytes\":9")[13] = '8';
	CHECK(verify(NULL, &text).problems > 0);
}
