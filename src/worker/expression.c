/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpcap on an interface that is none: no descriptor, no privilege, and there is no network
 * to look names up in.
 */
#include "worker/expression.h"

#define bpf_insn pcap_bpf_insn /* linux/bpf.h has another struct of that name */
#include <pcap/pcap.h>
#undef bpf_insn
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/io.h"
#include "worker/opened_files.h"
#include "worker/request.h"

/* As tcpdump's: a packet that matches is wanted whole. */
#define SNAPSHOT 262144

/* Where the C library looks names up for libpcap: what an expression with one is depends on
 * them. */
static const char *const name_files[] = {
	"/etc/ethers",   "/etc/gai.conf",      "/etc/host.conf", "/etc/hosts",
	"/etc/networks", "/etc/nsswitch.conf", "/etc/protocols", "/etc/services",
};

static void answer(const struct worker_request *request, const struct bpf_program *filter,
		   uint64_t started_ns)
{
	struct worker_answer_header header = {
		.magic = WORKER_ANSWER_MAGIC,
		.main_ns = started_ns,
		.image_length = filter->bf_len * (uint32_t)sizeof(*filter->bf_insns)
	};
	struct buffer files = { 0 };

	for (size_t i = 0; i < sizeof(name_files) / sizeof(name_files[0]); i++)
		opened_files_note(name_files[i]);
	opened_files_write(request, &files);
	if (files.failed || files.length > UINT32_MAX)
		worker_give_up("the list of files cannot be written");
	header.files_length = (uint32_t)files.length;
	if (write_all(WORKER_FD_ANSWER, &header, sizeof(header)) < 0 ||
	    write_all(WORKER_FD_ANSWER, filter->bf_insns, header.image_length) < 0 ||
	    write_all(WORKER_FD_ANSWER, files.data, files.length) < 0)
		worker_give_up("the filter is too large");
}

/* No address, and libpcap's scanner says so if its parser gets as far as to it: that tells how
 * much of an expression is taken without complaint. */
#define PROBE " 1:2:"
#define PROBE_SAID "bogus ethernet address 1:2:"
#define CONTEXT 24 /* bytes shown of what is in front of the place */

static bool is_taken(pcap_t *link, const char *expression, size_t length)
{
	struct bpf_program none;
	char *text = malloc(length + sizeof(PROBE));
	int r;

	if (!text)
		worker_give_up("out of memory");
	memcpy(text, expression, length);
	memcpy(text + length, PROBE, sizeof(PROBE));
	r = pcap_compile(link, &none, text, 0, PCAP_NETMASK_UNKNOWN);
	free(text);
	if (r == 0)
		pcap_freecode(&none);
	return r == 0 || strstr(pcap_geterr(link), PROBE_SAID);
}

static size_t skip_blanks(const char *expression, size_t at)
{
	while (isspace((unsigned char)expression[at]))
		at++;
	return at;
}

/* Behind one word or sign, and blanks in front of it. */
static size_t skip_word(const char *expression, size_t at)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_.:\\-";
	size_t length;

	at = skip_blanks(expression, at);
	length = strspn(expression + at, word);
	if (!length)
		length = strspn(expression + at, "<>=!&|");
	return at + (length ? length : expression[at] != '\0');
}

/* Where the first word begins that the parser does not take; the end, if all are taken. */
static size_t first_refused(pcap_t *link, const char *expression)
{
	size_t low = 0, high = strlen(expression);

	if (is_taken(link, expression, high))
		return high;
	/* Taken up to low, and not up to high: the word between them, at last. */
	for (;;) {
		size_t middle = skip_word(expression, low + (high - low) / 2);

		if (middle >= high)
			middle = skip_word(expression, low);
		if (middle >= high)
			return skip_blanks(expression, low);
		if (is_taken(link, expression, middle))
			low = middle;
		else
			high = middle;
	}
}

/* libpcap says of a syntax error that it is one. */
static void say_where(pcap_t *link, const char *expression)
{
	const size_t at = first_refused(link, expression), end = skip_word(expression, at);
	size_t from = at > CONTEXT ? at - CONTEXT : 0, before = at;

	while (from > 0 && !isspace((unsigned char)expression[from - 1]))
		from++;
	while (before > from && isspace((unsigned char)expression[before - 1]))
		before--;
	if (expression[at])
		fprintf(stderr, " at '%.*s'", (int)(end - at), expression + at);
	else
		fprintf(stderr, " at its end");
	if (before > from)
		fprintf(stderr, ", behind '%s%.*s'", from ? "…" : "", (int)(before - from),
			expression + from);
}

enum worker_status expression_compile(const struct worker_request *request, uint64_t started_ns)
{
	pcap_t *link = pcap_open_dead(request->link == LINK_BARE ? DLT_RAW : DLT_EN10MB, SNAPSHOT);
	struct bpf_program filter;

	if (!link)
		worker_give_up("out of memory");
	if (pcap_compile(link, &filter, request->expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		const bool is_syntax = strstr(pcap_geterr(link), "syntax error");

		fprintf(stderr, "%s", pcap_geterr(link));
		if (is_syntax)
			say_where(link, request->expression);
		return WORKER_REFUSED;
	}
	answer(request, &filter, started_ns);
	return WORKER_DONE;
}
