/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/host.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_LENGTH 253u /* of DNS */

/* ":9464" or nothing. */
static bool is_port(const char *text)
{
	return !*text || (*text == ':' && strspn(text + 1, "0123456789") == strlen(text + 1) &&
			  strlen(text + 1) <= 5);
}

static bool is_ipv6(const char *host)
{
	const char *end = strchr(host, ']');
	char address[INET6_ADDRSTRLEN];
	struct in6_addr parsed;
	size_t length;

	if (!end || !is_port(end + 1))
		return false;
	length = (size_t)(end - host) - 1;
	if (length >= sizeof(address))
		return false;
	memcpy(address, host + 1, length);
	address[length] = '\0';
	return inet_pton(AF_INET6, address, &parsed) == 1;
}

static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_";

	return *name && strspn(name, letters) == strlen(name);
}

bool host_is_ours(const char *host, const char *own)
{
	char name[NAME_MAX_LENGTH + 1];
	struct in_addr parsed;
	size_t length;

	if (!host)
		return false;
	if (*host == '[')
		return is_ipv6(host);
	length = strcspn(host, ":");
	if (length == 0 || length > NAME_MAX_LENGTH || !is_port(host + length))
		return false;
	memcpy(name, host, length);
	name[length] = '\0';
	return inet_pton(AF_INET, name, &parsed) == 1 || is_name(name) ||
	       strcasecmp(name, own) == 0;
}
