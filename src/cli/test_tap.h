/* SPDX-License-Identifier: Apache-2.0 */
/* Tests as the Test Anything Protocol has it (https://testanything.org), version 13, which
 * readers of version 14 take as well. */
#ifndef CLI_TEST_TAP_H
#define CLI_TEST_TAP_H

#include "run/test_run.h"

struct tap {
	size_t count; /* told until now */
};

void tap_case(struct tap *tap, const struct test_result *result);
/* all: every case was run; else the reader is told to believe nothing. */
void tap_end(const struct tap *tap, bool all);

#endif
