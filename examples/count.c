/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count IFACE SECONDS: packets by EtherType, as a table.
 *
 *     cc -o count count.c $(pkg-config --cflags --libs skbscope)
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <skbscope/skbscope.h>

static const char program[] = "BPF_PERCPU_HASH(packets, u16, u64, 64);\n"
			      "int count(struct __sk_buff *skb)\n"
			      "{\n"
			      "	u16 type = bpf_ntohs(skb->protocol);\n"
			      "	u64 zero = 0, *count = packets.lookup_or_try_init(&type, &zero);\n"
			      "	if (count)\n"
			      "		(*count)++;\n"
			      "	return 0;\n"
			      "}\n";

static int complain(const struct skbscope_error *error, const struct skbscope_diagnostics *said)
{
	skbscope_diagnostics_print(said, 0, stderr);
	fprintf(stderr, "count: %s\n", error->message);
	if (error->hint[0])
		fprintf(stderr, "  %s\n", error->hint);
	return 1;
}

int main(int argc, char **argv)
{
	struct skbscope_error error = { 0 };
	struct skbscope_diagnostics *said = NULL;
	struct skbscope_source *source = NULL;
	struct skbscope_image *image = NULL;
	struct skbscope_session *session = NULL;
	struct skbscope_snapshot *snapshot = NULL;
	const char *interface = argc > 1 ? argv[1] : "lo";
	const struct skbscope_attach_options where = {
		.size = sizeof(where),
		.interfaces = &interface,
		.interface_count = 1,
	};
	int r = skbscope_diagnostics_new(&said);

	if (r == 0)
		r = skbscope_source_from_text("count.c", program, sizeof(program) - 1, &source,
					      &error);
	if (r == 0)
		r = skbscope_compile(source, NULL, &image, NULL, said, &error);
	if (r == 0)
		r = skbscope_session_open(image, NULL, &session, said, &error);
	if (r == 0)
		r = skbscope_session_attach(session, &where, &error);
	if (r == 0) {
		fprintf(stderr, "attached to %s\n", interface);
		sleep(argc > 2 ? (unsigned int)atoi(argv[2]) : 1);
		r = skbscope_session_read(session, NULL, &snapshot, &error);
	}
	if (r == 0)
		r = skbscope_render_table(snapshot, NULL, stdout, &error);
	if (r < 0)
		complain(&error, said);
	/* Each accepts NULL. The image is the session's until that is closed. */
	skbscope_snapshot_free(snapshot);
	skbscope_session_close(session);
	skbscope_image_free(image);
	skbscope_source_free(source);
	skbscope_diagnostics_free(said);
	return r < 0;
}
