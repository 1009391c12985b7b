/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage in its two forms, on stdout. */
#ifndef CLI_COVERAGE_H
#define CLI_COVERAGE_H

#include "run/coverage.h"

/* 0 or -ENOMEM. */
int coverage_text(const struct covered *covered);
int coverage_json(const struct covered *covered, bool pretty);

#endif
