/* SPDX-License-Identifier: Apache-2.0 */
/* A tcpdump expression instead of a program. */
#ifndef WORKER_EXPRESSION_H
#define WORKER_EXPRESSION_H

#include "compile/protocol.h"

/* What libpcap makes of it is the answer; what it refuses is in the log, in its words. */
enum worker_status expression_compile(const struct worker_request *request, uint64_t started_ns);

#endif
