/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a request names this machine. A page of somebody else's may be served under a name
 * that later leads here (DNS rebinding), and then would be allowed to read what we answer;
 * nobody owns an address, or a name without a dot.
 */
#ifndef OUTSIDE_HOST_H
#define OUTSIDE_HOST_H

#include <stdbool.h>

/* host: the header's value, NULL where there was none. own: the machine's own name, which may
 * have dots. */
bool host_is_ours(const char *host, const char *own);

#endif
