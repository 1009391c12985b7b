/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody who starts a program should know of it, on stderr. */
#ifndef RUN_REMARK_H
#define RUN_REMARK_H

#include <skbscope/replay.h>

#include "run/fill.h"

/* It is not enforced, and was meant to be. */
void remark_enforce(const struct skbscope_image *image);
/* What would look as if nothing happened: tables that nobody fills, this filling neither. */
void remark_unseen(const struct skbscope_image *image, const struct filling *filling);
/* Of which tables counts can be lost. */
void remark_racing(const struct skbscope_image *image);
/* Members of keys that are certainly shown in the wrong byte order. */
void remark_orders(const struct skbscope_image *image);
/* What answers for this machine, in a replay. */
void remark_foreign(const struct skbscope_session *session, const struct skbscope_image *image);

#endif
