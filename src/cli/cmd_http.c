/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope http: the bundled program that ships pieces of HTTP connections, run with the process
 * that makes calls of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/paths.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/http_verify.h"
#include "run/calls_key.h"
#include "run/output.h"
#include "run/program.h"
#include "run/report.h"
#include "run/run.h"

#define PROGRAM "http/calls.c"
#define PORTS_MAX 64u /* as in the program */
#define PORTS_DEFAULT "80,8080"

struct settings {
	struct run_settings run;
	struct http_settings http;
	bool verify;
	const char *expect;
};

/* What the program's table of ports is filled with. */
struct fillings {
	char text[PORTS_MAX][24];
	const char *items[PORTS_MAX];
	size_t count;
};

static int refuse_port(const char *text, struct skbscope_error *error)
{
	return hint(error, fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%s' are no ports", text),
		    "--port 80,8080 are the ports of the servers, from 1 to 65535, up to %u",
		    PORTS_MAX);
}

static int add_ports(const char *text, struct fillings *out, struct skbscope_error *error)
{
	AUTO(freep) char *copy = strdup(text);
	char *rest = copy, *word;

	if (!copy)
		return fail_memory(error, SKBSCOPE_STAGE_USAGE);
	while ((word = strsep(&rest, ","))) {
		uint64_t port;

		if (!text_number(word, &port) || !port || port > UINT16_MAX ||
		    out->count == PORTS_MAX)
			return refuse_port(text, error);
		snprintf(out->text[out->count], sizeof(out->text[0]), "ports[%u]=1",
			 (unsigned int)port);
		out->items[out->count] = out->text[out->count];
		out->count++;
	}
	return 0;
}

static int choose_ports(const struct http_settings *http, struct fillings *out,
			struct skbscope_error *error)
{
	int r = http->ports.count ? 0 : add_ports(PORTS_DEFAULT, out, error);

	for (size_t i = 0; i < http->ports.count && r == 0; i++)
		r = add_ports(http->ports.items[i], out, error);
	return r;
}

static int compile(const struct run_settings *settings, struct program *program,
		   struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer path = { 0 };
	int r;

	buffer_printf(&path, "%s/" PROGRAM, paths_get()->programs);
	r = path.failed ? fail_memory(error, SKBSCOPE_STAGE_READ)
			: program_read(&settings->compiling, buffer_text(&path), program, error);
	if (r == 0)
		r = program_compile(&settings->compiling, NULL, program, error);
	if (r == 0)
		program->image->name = "http"; /* what it is part of */
	return r;
}

static int read_calls(const struct settings *asked)
{
	struct run_settings settings = asked->run;
	AUTO(program_clear) struct program program = { 0 };
	struct fillings ports = { .count = 0 };
	struct skbscope_error error = { 0 };
	int r = output_check(STDOUT_FILENO);

	if (r < 0)
		r = output_failed(r, &error);
	if (r == 0)
		r = choose_ports(&asked->http, &ports, &error);
	if (r == 0)
		r = calls_columns_check(&asked->http.columns, &error);
	settings.tables.set = (struct list){ ports.items, ports.count };
	settings.http = &asked->http;
	settings.no_watch = true;
	settings.compiling.passive = true;
	if (r == 0)
		r = compile(&settings, &program, &error);
	if (r < 0)
		return report_error(&error, program.diagnostics, settings.talk.verbose);
	return run(&settings, &program);
}

static int run_http(const void *data)
{
	const struct settings *asked = data;

	if (asked->verify)
		return http_verify(&asked->run.traffic.filter, asked->http.audit_key,
				   asked->expect);
	return read_calls(asked);
}

#define AT(member) MEMBER(struct settings, member)
static const struct option_row verifying[] = {
	{ 0, COMMON, "verify", NULL, "look whether the files of an audit are what was written",
	  AT(verify) },
	{ 0, RARE, "expect", "SEQ:HASH", "with --verify: that line has that hash", AT(expect) },
	{ 0 },
};
static const struct option_group verify_options = { "Audit", verifying };
#undef AT

#define AT(member) MEMBER(struct http_settings, member)
static const struct option_row calls[] = {
	{ 0, COMMON, "port", "PORT,...", "ports of the servers (default: " PORTS_DEFAULT ")",
	  AT(ports) },
	{ 0, COMMON, "ai", NULL, "of each call what a model has to do with it", AT(ai) },
	{ 0, RARE, "offenders", "FILE",
	  "keep a file of who was refused, as the program blocklist follows it", AT(offenders) },
	{ 0, RARE, "column", "header:NAME", "show a header of requests as well; may be repeated",
	  AT(columns) },
	{ 0, RARE, "consumer-key", "FILE",
	  "key of the hashes in place of credentials, so that they stay the same",
	  AT(consumer_key) },
	{ 0, RARE, "burst", "N",
	  "more calls of a client within a second are a burst (default: 100)", AT(burst) },
	{ 0, RARE, "places", "N", "rows of a table; what comes later is in 'other' (default: 500)",
	  AT(places) },
	{ 0, RARE, "anomaly-factor", "N",
	  "how many times its usual rate, size, errors or tokens a client is told of (default: 5)",
	  AT(anomaly_factor) },
	{ 0, RARE, "anomaly-period", "TIME", "in which they are counted (default: 1m)",
	  DURATION(struct http_settings, anomaly_ns) },
	{ 0 },
};
static const struct option_group call_options = { "Calls", calls };

static const struct option_row audits[] = {
	{ 0, COMMON, "audit", "FILE", "write each call as a line of a chain of hashes", AT(audit) },
	{ 0, RARE, "audit-key", "FILE", "key of the chain, which then proves forgery",
	  AT(audit_key) },
	{ 0, RARE, "audit-size", "SIZE", "of a file: then the chain goes on in another",
	  SIZE(struct http_settings, audit_bytes) },
	{ 0, RARE, "audit-age", "TIME", "of a file: then the chain goes on in another",
	  DURATION(struct http_settings, audit_ns) },
	{ 0 },
};
static const struct option_group audit_options = { "Audit", audits };

const struct command command_http = {
	.name = "http",
	.summary = "whole HTTP calls: who, what, how fast, refused",
	.examples = { "http -i eth0 --port 80,8080", "http -r calls.pcap --port 80 -j" },
	.operands = { { 0, COMMON, "FILTER", NULL, FILTER_HELP,
			MEMBER(struct settings, run.traffic.filter) } },
	.options = {
		{ &call_options, offsetof(struct settings, http) },
		{ &audit_options, offsetof(struct settings, http) },
		{ &verify_options, 0 },
		{ &traffic_options, offsetof(struct settings, run.traffic) },
		{ &pace_options, offsetof(struct settings, run.pace) },
		{ &loss_options, offsetof(struct settings, run) },
		{ &row_options, offsetof(struct settings, run) },
		{ &display_options, offsetof(struct settings, run.output) },
		{ &reading_format_options, offsetof(struct settings, run.output) },
		{ &serve_options, offsetof(struct settings, run) },
		{ &compile_options, offsetof(struct settings, run.compiling) },
		{ &talk_options, offsetof(struct settings, run.talk) },
	},
	.settings_size = sizeof(struct settings),
	.run = run_http,
};
