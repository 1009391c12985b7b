/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are taken apart into words, at underscores and where a capital follows a small
 * letter: "src_ip4" and "srcIp" are both "src" and "ip", and "skip" is not an "ip".
 */
#include "model/member_name.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define WORD_MAX 16

struct word {
	char text[WORD_MAX]; /* in small letters, without the digits at its end */
};

/* The word at *NAME, which is moved behind it; false: there are no more. */
static bool next_word(const char **name, struct word *word)
{
	const char *at = *name;
	size_t length = 0;

	while (*at == '_')
		at++;
	if (!*at)
		return false;
	for (const char *start = at; *at && *at != '_'; at++) {
		if (at > start && isupper((unsigned char)*at) && islower((unsigned char)at[-1]))
			break;
		if (length + 1 < WORD_MAX)
			word->text[length++] = (char)tolower((unsigned char)*at);
	}
	while (length > 1 && isdigit((unsigned char)word->text[length - 1]))
		length--;
	word->text[length] = '\0';
	*name = at;
	return true;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static bool ends_with(const char *word, const char *end)
{
	size_t length = strlen(word), size = strlen(end);

	return length >= size && strcmp(word + length - size, end) == 0;
}

static bool has_word(const char *name, bool (*is_it)(const char *word))
{
	struct word word;

	while (next_word(&name, &word))
		if (is_it(word.text))
			return true;
	return false;
}

/* Of words that only say what kind of address it is, or that it is one no more. */
static bool is_other(const char *word)
{
	static const char *const words[] = { "len",   "length",  "size", "count", "num",   "id",
					     "hash",  "mask",    "ttl",  "proto", "flags", "port",
					     "ports", "tos",     "hl",   "ihl",   "off",   "csum",
					     "ver",   "version", NULL };

	return is_one_of(word, words);
}

static bool is_address(const char *word)
{
	static const char *const words[] = { "ip",       "ipv",      "sip",      "dip",
					     "tip",      "srcip",    "dstip",    "sourceip",
					     "destip",   "localip",  "hostip",   "peerip",
					     "serverip", "clientip", "remoteip", NULL };

	return is_one_of(word, words) || (ends_with(word, "addr") && strcmp(word, "hwaddr") != 0) ||
	       strcmp(word, "address") == 0;
}

static bool is_end(const char *word)
{
	static const char *const words[] = {
		"src",     "dst",      "source", "dest",    "destination", "server",
		"client",  "peer",     "host",   "gateway", "gw",          "hop",
		"nexthop", "remote",   "local",  "from",    "to",          "router",
		"sender",  "receiver", "target", "subnet",  "network",     "prefix",
		"netmask", "orig",     "reply",  "group",   "endpoint",    NULL
	};

	return is_one_of(word, words);
}

static bool is_port(const char *word)
{
	static const char *const words[] = { "port",    "sport",   "dport",    "lport",    "rport",
					     "srcport", "dstport", "destport", "peerport", NULL };

	return is_one_of(word, words);
}

bool member_is_address(const char *name)
{
	return has_word(name, is_address) && !has_word(name, is_other);
}

bool member_is_end(const char *name)
{
	return has_word(name, is_end) && !has_word(name, is_other);
}

bool member_is_port(const char *name)
{
	return has_word(name, is_port);
}
