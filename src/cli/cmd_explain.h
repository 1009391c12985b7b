/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation in its two forms. */
#ifndef CLI_CMD_EXPLAIN_H
#define CLI_CMD_EXPLAIN_H

#include "run/explain.h"

/* On stdout; 0 or a negative errno. */
int explain_text(const struct explanation *explanation);
int explain_json(const struct explanation *explanation);

#endif
