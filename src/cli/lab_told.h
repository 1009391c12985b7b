/* SPDX-License-Identifier: Apache-2.0 */
/* A case of a lab in the words that its student reads. */
#ifndef CLI_LAB_TOLD_H
#define CLI_LAB_TOLD_H

#include "base/buffer.h"
#include "run/test_run.h"

/* in_full: of one that failed also what came, the packets that show it, and the hint. */
void lab_tell_case(const struct test_result *result, bool in_full, struct buffer *out);
/* Of a program that does not compile, or is refused: no case can be tried. */
void lab_tell_broken(const struct test_result *result, struct buffer *out);

#endif
