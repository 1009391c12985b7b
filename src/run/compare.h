/* SPDX-License-Identifier: Apache-2.0 */
/* Two versions of a program on the same packets, and where they differ. */
#ifndef RUN_COMPARE_H
#define RUN_COMPARE_H

#include "run/settings.h"

int compare(const struct diff_settings *settings); /* gives an exit status */

#endif
