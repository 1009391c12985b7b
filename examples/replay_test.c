/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay_test CAPTURE.pcap PACKETS: a unit test of one's own for a BPF program: what it counts
 * of a recording, and that it would have dropped nothing. Nothing is attached.
 *
 *     cc -o replay_test replay_test.c $(pkg-config --cflags --libs skbscope) -lpcap
 */
#define PCAP_DONT_INCLUDE_PCAP_BPF_H /* which has a struct of the same name as linux/bpf.h */
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skbscope/skbscope.h>

static const char program[] = "struct total { u64 packets, bytes; };\n"
			      "BPF_PERCPU_ARRAY(totals, struct total, 1);\n"
			      "int count(struct __sk_buff *skb)\n"
			      "{\n"
			      "	int zero = 0;\n"
			      "	struct total *total = totals.lookup(&zero);\n"
			      "	if (total) {\n"
			      "		total->packets++;\n"
			      "		total->bytes += skb->len;\n"
			      "	}\n"
			      "	return -1; /* TC_ACT_UNSPEC */\n"
			      "}\n";

static int failures;

static void check(const char *what, uint64_t is, uint64_t should_be)
{
	printf("%s %s: %llu\n", is == should_be ? "ok" : "FAILED", what, (unsigned long long)is);
	failures += is != should_be;
}

/* The packets one by one, each with its own time; bytes adds up what is to be counted. (A VLAN
 * tag would have to be taken out of the frame, and be put beside it.) */
static int feed(struct skbscope_session *session, const char *path, uint64_t *bytes,
		struct skbscope_error *error)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(path, reason);
	struct pcap_pkthdr *head;
	const unsigned char *frame;
	int r = 0;

	if (!capture) {
		snprintf(error->message, sizeof(error->message), "%s", reason);
		return -1;
	}
	while (r == 0 && pcap_next_ex(capture, &head, &frame) == 1) {
		const struct skbscope_packet packet = {
			.frame = frame,
			.captured = head->caplen,
			.length = head->len,
			.time_ns = (uint64_t)head->ts.tv_sec * 1000000000u +
				   (uint64_t)head->ts.tv_usec * 1000u,
			.direction = SKBSCOPE_INGRESS,
		};

		r = skbscope_session_feed(session, &packet, 1, error);
		*bytes += head->len;
	}
	pcap_close(capture);
	return r;
}

/* By name: what a program's tables have is found by what it calls it. */
static uint64_t value_of(const struct skbscope_snapshot *snapshot, const char *table,
			 const char *column)
{
	for (size_t i = 0; i < snapshot->table_count; i++) {
		const struct skbscope_table *found = &snapshot->tables[i];

		if (strcmp(found->schema->table, table) != 0 || !found->row_count)
			continue;
		for (size_t c = 0; c < found->schema->column_count; c++) {
			const struct skbscope_column *value = &found->schema->columns[c];
			uint64_t number;

			if (value->is_key || strcmp(value->name, column) != 0)
				continue;
			memcpy(&number, found->values + value->bit_offset / 8, sizeof(number));
			return number;
		}
	}
	return UINT64_MAX;
}

int main(int argc, char **argv)
{
	const struct skbscope_session_options options = { .size = sizeof(options), .replay = true };
	struct skbscope_error error = { 0 };
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_session *session = NULL;
	struct skbscope_snapshot *snapshot = NULL;
	uint64_t bytes = 0, dropped = 0;
	int r;

	if (argc < 3)
		return 2;
	r = skbscope_source_from_text("total.c", program, sizeof(program) - 1, &source, &error);
	if (r == 0)
		r = skbscope_compile(source, NULL, &image, NULL, NULL, &error);
	if (r == 0)
		r = skbscope_session_open(image, &options, &session, NULL, &error);
	if (r == 0)
		r = feed(session, argv[1], &bytes, &error);
	if (r == 0)
		r = skbscope_session_read(session, NULL, &snapshot, &error);
	if (r < 0) {
		fprintf(stderr, "replay_test: %s\n", error.message);
		failures++;
	} else {
		check("packets", value_of(snapshot, "totals", "packets"),
		      strtoull(argv[2], NULL, 10));
		check("bytes", value_of(snapshot, "totals", "bytes"), bytes);
		for (size_t i = 0; i < snapshot->verdict_count; i++)
			if (snapshot->verdicts[i].verdict == 2) /* TC_ACT_SHOT */
				dropped += snapshot->verdicts[i].packets;
		check("dropped", dropped, 0);
	}
	skbscope_snapshot_free(snapshot);
	skbscope_session_close(session);
	skbscope_image_free(image);
	skbscope_source_free(source);
	return failures != 0;
}
