/* SPDX-License-Identifier: Apache-2.0 */
#include "run/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

#define WAITING_MAX 64 /* connections, until somebody has time for them */

static int refuse(const char *text, struct skbscope_error *error)
{
	return hint(
		error,
		fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
		     "--listen takes a port, or an address and a port, not '%s'", text),
		"9464 is this machine alone, 192.0.2.1:9464 and [2001:db8::1]:9464 also others, "
		"0.0.0.0:9464 all of them");
}

/* In brackets, as in URLs, where the address has colons itself. */
static bool parse_address(const char *text, size_t length, union listen_address *out)
{
	char address[INET6_ADDRSTRLEN];

	memset(out, 0, sizeof(*out));
	out->four.sin_family = AF_INET;
	out->four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (length == 0)
		return true;
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (address[0] != '[')
		return inet_pton(AF_INET, address, &out->four.sin_addr) == 1;
	if (address[length - 1] != ']')
		return false;
	address[length - 1] = '\0';
	memset(out, 0, sizeof(*out));
	out->six.sin6_family = AF_INET6;
	return inet_pton(AF_INET6, address + 1, &out->six.sin6_addr) == 1;
}

int listen_parse(const char *text, union listen_address *out, struct skbscope_error *error)
{
	const char *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : text;
	uint64_t number;

	if (colon == text || !*port || strspn(port, "0123456789") != strlen(port) ||
	    (*port == '0' && port[1]) || !text_number(port, &number) || number > UINT16_MAX ||
	    !parse_address(text, colon ? (size_t)(colon - text) : 0, out))
		return refuse(text, error);
	/* At the same place in both. */
	out->four.sin_port = htons((uint16_t)number);
	return 0;
}
_Static_assert(offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
	       "the port's place");

static socklen_t address_size(const union listen_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->six) : sizeof(address->four);
}

static int refuse_address(const union listen_address *address, int code,
			  struct skbscope_error *error)
{
	const unsigned int port = ntohs(address->four.sin_port);
	char text[LISTEN_TEXT_MAX];
	int r;

	listen_text(address, text);
	r = fail_errno(error, code, SKBSCOPE_STAGE_OBSERVE, "cannot listen on %s", text);
	if (r == -EADDRINUSE)
		return hint(
			error, r,
			"\"ss -ltnp sport = %u\" says who has it; --listen 0 takes any port that "
			"is free",
			port);
	if (r == -EADDRNOTAVAIL)
		return hint(error, r,
			    "this machine has no such address: \"ip -br address\" lists "
			    "them");
	if (r == -EACCES)
		return hint(error, r, "ports below 1024 need CAP_NET_BIND_SERVICE");
	return r;
}

int listen_open(union listen_address *address, struct skbscope_error *error)
{
	const int yes = 1;
	socklen_t size = address_size(address);
	AUTO(closep)
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* A run that has just ended leaves connections that wait for their ends. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    (address->any.sa_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes)) < 0) ||
	    bind(fd, &address->any, size) < 0 || listen(fd, WAITING_MAX) < 0 ||
	    getsockname(fd, &address->any, &size) < 0)
		return refuse_address(address, errno, error);
	return TAKE_FD(fd);
}

void listen_text(const union listen_address *address, char out[LISTEN_TEXT_MAX])
{
	const bool is_six = address->any.sa_family == AF_INET6;
	const unsigned int port = ntohs(address->four.sin_port);
	char text[INET6_ADDRSTRLEN] = "";

	if (is_six)
		inet_ntop(AF_INET6, &address->six.sin6_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET, &address->four.sin_addr, text, sizeof(text));
	snprintf(out, LISTEN_TEXT_MAX, is_six ? "[%s]:%u" : "%s:%u", text, port);
}

bool listen_is_loopback(const union listen_address *address)
{
	if (address->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address->six.sin6_addr);
	return ntohl(address->four.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}
