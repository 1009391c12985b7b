/* SPDX-License-Identifier: Apache-2.0 */
/* The address of --listen, and a socket that listens there. */
#ifndef RUN_LISTEN_H
#define RUN_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <skbscope/error.h>

union listen_address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

/* "[ADDRESS:]PORT": an address as it is, no name, since asking for that is none of our
 * business; without one the loopback's. */
int listen_parse(const char *text, union listen_address *out, struct skbscope_error *error);

/* A socket, not yet anybody's; the address's port, if it was 0, becomes the one that was given. */
int listen_open(union listen_address *address, struct skbscope_error *error);

/* "127.0.0.1:9464" */
#define LISTEN_TEXT_MAX 64
void listen_text(const union listen_address *address, char out[LISTEN_TEXT_MAX]);
bool listen_is_loopback(const union listen_address *address);

#endif
