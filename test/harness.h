/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole of what a test file needs: TEST, CHECK and a main. A test's name is
 * the sentence that becomes false. Kept by hand because the frameworks Debian
 * packages fork, print and count in ways that the namespaces and descriptors
 * under test can see.
 */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEST_SKIPPED 77 /* ctest: SKIP_RETURN_CODE */

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

static struct test *test_first, **test_last = &test_first;
static const struct test *test_current;
static int test_failures;
static bool test_left_out; /* the current one */

#define TEST(name_)                                                                                \
	static void name_(void);                                                                   \
	static struct test name_##_entry = { #name_, name_, NULL };                                \
	__attribute__((constructor)) static void name_##_register(void)                            \
	{                                                                                          \
		*test_last = &name_##_entry;                                                       \
		test_last = &name_##_entry.next;                                                   \
	}                                                                                          \
	static void name_(void)

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			test_failures++;                                                           \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
		}                                                                                  \
	} while (0)

/* Where the rest of the test makes no sense without it. */
#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			test_failures++;                                                           \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			return;                                                                    \
		}                                                                                  \
	} while (0)

#define CHECK_NUMBER(actual, expected)                                                             \
	do {                                                                                       \
		long long actual_ = (long long)(actual), expected_ = (long long)(expected);        \
		if (actual_ != expected_) {                                                        \
			test_failures++;                                                           \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__,       \
				#actual, actual_, expected_);                                      \
		}                                                                                  \
	} while (0)

#define CHECK_TEXT(actual, expected)                                                               \
	do {                                                                                       \
		const char *actual_ = (actual), *expected_ = (expected);                           \
		if (!actual_ || strcmp(actual_, expected_) != 0) {                                 \
			test_failures++;                                                           \
			fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__,   \
				#actual, actual_ ? actual_ : "(null)", expected_);                 \
		}                                                                                  \
	} while (0)

#define CHECK_CONTAINS(text, part)                                                                 \
	do {                                                                                       \
		const char *text_ = (text), *part_ = (part);                                       \
		if (!text_ || !strstr(text_, part_)) {                                             \
			test_failures++;                                                           \
			fprintf(stderr, "%s:%d: no \"%s\" in %s: \"%s\"\n", __FILE__, __LINE__,    \
				part_, #text, text_ ? text_ : "(null)");                           \
		}                                                                                  \
	} while (0)

#define CHECK_NEAR(actual, expected) CHECK(fabs((actual) - (expected)) < 1e-9)

/* For a test about something that this machine's kernel does not have; only by the
 * kernel's own word. The others of the file run. */
#define SKIP_UNLESS(condition, reason)                                                             \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			test_left_out = true;                                                      \
			printf("skipped: %s: %s\n", test_current->name, reason);                   \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* How many times as long as a processor an emulated one takes (test/kernels). */
static inline unsigned test_slowness(void)
{
	const char *text = getenv("SKBSCOPE_TEST_SLOWNESS");
	int slowness = text ? atoi(text) : 1;

	return slowness > 1 ? (unsigned)slowness : 1;
}

/* How often to repeat what is repeated many times to meet rare moments, or to grow: so
 * often when tests soak (test/run --soak), else a tenth of it. */
static inline int test_repeats(int times)
{
	int slowness = (int)test_slowness(), least = times < 11 ? times : 11;
	int fewer = times / (getenv("SKBSCOPE_TEST_SOAK") || slowness > 10 ? slowness : 10);

	return fewer > least ? fewer : least;
}

/* For what comes in its own time: the kernel's clearing up, another process. Half a minute,
 * because a machine that has other things to do is no failure. */
#define WAIT_UNTIL(condition)                                                                      \
	for (unsigned left_ = 1200 * test_slowness(); left_ && !(condition); left_--)              \
	usleep(25000)

/* Ends the whole program as skipped; never use it for something this project
 * promises to do on the machine at hand. */
static inline void test_skip(const char *reason)
{
	printf("skipped: %s\n", reason);
	exit(TEST_SKIPPED);
}

int main(void)
{
	int count = 0, failed = 0, left_out = 0;

	setlinebuf(stdout);
	for (struct test *test = test_first; test; test = test->next) {
		int before = test_failures;

		test_current = test;
		test_left_out = false;
		test->run();
		count++;
		left_out += test_left_out;
		if (test_failures != before) {
			failed++;
			fprintf(stderr, "FAILED %s\n", test->name);
		}
	}
	printf("%d passed, %d failed, %d skipped\n", count - failed - left_out, failed, left_out);
	if (failed || !count) {
		/* What a test left that gave up is no news: only the reason is. */
		fflush(NULL);
		_exit(1);
	}
	return left_out == count ? TEST_SKIPPED : 0;
}

#endif
