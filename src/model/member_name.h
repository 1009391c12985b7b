/* SPDX-License-Identifier: Apache-2.0 */
/* What the name of a member says about the number in it. */
#ifndef MODEL_MEMBER_NAME_H
#define MODEL_MEMBER_NAME_H

#include <stdbool.h>

/* An IPv4 address, whatever integer it is in: saddr, dst_addr, ip, src_ip4, clientIp. */
bool member_is_address(const char *name);
/* One end of a conversation, which in network order is an address too: source, peer. */
bool member_is_end(const char *name);
/* sport, dst_port; not report. */
bool member_is_port(const char *name);

#endif
