/* SPDX-License-Identifier: GPL-2.0-only */
/* What a message of HTTP/1.x begins with, and what is none: TLS, HTTP/2. */
#ifndef SKBSCOPE_HTTP_H
#define SKBSCOPE_HTTP_H

#include <skbscope/text.h>

#define HTTP_BEGINNING 16	/* bytes that tell; less are not looked at */

enum http_begins { HTTP_NOTHING, HTTP_REQUEST, HTTP_ANSWER };

static inline enum http_begins http_begins(const u8 *p)
{
	switch (four(p)) {
	case WORD('H', 'T', 'T', 'P'):
		return four(p + 4) << 8 == WORD(0, '/', '1', '.') ? HTTP_ANSWER : HTTP_NOTHING;
	case WORD('G', 'E', 'T', ' '):
	case WORD('P', 'U', 'T', ' '):
	case WORD('P', 'O', 'S', 'T'):
	case WORD('H', 'E', 'A', 'D'):
	case WORD('P', 'A', 'T', 'C'):
	case WORD('D', 'E', 'L', 'E'):
	case WORD('O', 'P', 'T', 'I'):
	case WORD('C', 'O', 'N', 'N'):
	case WORD('T', 'R', 'A', 'C'):
		return HTTP_REQUEST;
	default:
		return HTTP_NOTHING;
	}
}

/* A record of TLS. */
static inline int is_tls(const u8 *p)
{
	return p[0] >= 0x14 && p[0] <= 0x17 && p[1] == 3 && p[2] <= 4;
}

static inline int is_client_hello(const u8 *p)
{
	return p[0] == 0x16 && p[1] == 3 && p[2] <= 4 && p[5] == 1;
}

/* The preface of HTTP/2. */
static inline int is_http_2(const u8 *p)
{
	return eight(p) == TWO_WORDS('P', 'R', 'I', ' ', '*', ' ', 'H', 'T');
}

#endif
