/* SPDX-License-Identifier: Apache-2.0 */
#include "expect/difference.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"

#define CELLS_MAX 4000000u

/* longest[i][j]: of the longest common part of what begins at i and at j. */
static size_t cell(const struct sequences *s, size_t i, size_t j)
{
	return i * (s->actual + 1) + j;
}

static void fill(const struct sequences *s, uint32_t *longest)
{
	for (size_t i = s->expected; i-- > 0;) {
		for (size_t j = s->actual; j-- > 0;) {
			uint32_t down = longest[cell(s, i + 1, j)];
			uint32_t right = longest[cell(s, i, j + 1)];

			longest[cell(s, i, j)] = s->same(s->context, i, j)
							 ? longest[cell(s, i + 1, j + 1)] + 1
						 : down > right ? down
								: right;
		}
	}
}

static void tell(const struct sequences *s, const uint32_t *longest)
{
	size_t i = 0, j = 0;

	while (i < s->expected || j < s->actual) {
		if (i < s->expected && j < s->actual && s->same(s->context, i, j))
			s->both(s->context, i++, j++);
		else if (i < s->expected && (j == s->actual || longest[cell(s, i + 1, j)] >=
								       longest[cell(s, i, j + 1)]))
			s->only_expected(s->context, i++);
		else
			s->only_actual(s->context, j++);
	}
}

static void tell_by_place(const struct sequences *s)
{
	const size_t most = s->expected > s->actual ? s->expected : s->actual;

	for (size_t i = 0; i < most; i++) {
		if (i < s->expected && i < s->actual && s->same(s->context, i, i)) {
			s->both(s->context, i, i);
			continue;
		}
		if (i < s->expected)
			s->only_expected(s->context, i);
		if (i < s->actual)
			s->only_actual(s->context, i);
	}
}

int sequences_compare(const struct sequences *s)
{
	AUTO(freep) uint32_t *longest = NULL;

	if (s->expected >= CELLS_MAX || s->actual >= CELLS_MAX ||
	    (s->expected + 1) * (s->actual + 1) > CELLS_MAX) {
		tell_by_place(s);
		return 0;
	}
	longest = calloc((s->expected + 1) * (s->actual + 1), sizeof(*longest));
	if (!longest)
		return -ENOMEM;
	fill(s, longest);
	tell(s, longest);
	return 0;
}
