/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading a file of tests, a file each. Each begins at its statement's line, behind
 * what chose it, and ends at the first line that is not its own. */
#ifndef EXPECT_READ_H
#define EXPECT_READ_H

#include "expect/lines.h"
#include "expect/tests.h"

void read_packet(struct lines *lines, struct span rest, struct test_case *into);
void read_expectation(struct lines *lines, struct span rest, struct test_case *into);
/* What is expected, on this line alone; the next one is not gone to. */
void read_condition(struct lines *lines, struct span rest, struct expectation *into);
void read_hint(struct lines *lines, struct span rest, struct test_case *into);

/* "saddr=10.0.0.1 packets >= 3", also in braces and with commas: all that there is in rest. */
void read_cells(struct lines *lines, struct span rest, struct expected_row *row);
/* One of the signs, taken from *rest. */
bool read_relation(struct span *rest, enum relation *relation);

#endif
