/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program in front of the one that is recorded hands each packet over, and only then calls
 * it: so it sees the packets that are recorded, and no others, whatever the rate is and
 * wherever recording begins and ends.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <skbscope/events.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/loop.h"
#include "expect/lines.h"
#include "kernel/session.h"
#include "kernel/swap.h"
#include "run/attach.h"
#include "run/fill.h"
#include "run/filter.h"
#include "run/record.h"
#include "run/report.h"
#include "run/signals.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define PACKETS_MAX 10000u
#define BYTES_MAX (3u << 19) /* as text it is several times that: TEST_FILE_MAX */
#define LOOK_NS UINT64_C(20000000)
#define OWN "____record"

/* As the program has it. */
struct head {
	uint64_t time_ns;
	uint32_t length, mark, has_tag, tag, tag_protocol, segments, cpu, direction;
};

/* The lock makes the limit exact on several CPUs. What finds no room in the buffer is not shown
 * to the program either. */
static const char recorder[] =
	"#include <uapi/linux/bpf.h>\n"
	"struct " OWN "_head { u64 time; u32 length, mark, has_tag, tag, tag_protocol, segments, "
	"cpu, direction; };\n"
	"struct " OWN "_gate { struct bpf_spin_lock lock; u32 taken; };\n"
	"BPF_PERF_OUTPUT(" OWN ");\n"
	"BPF_ARRAY(" OWN "_gates, struct " OWN "_gate, 1);\n"
	"BPF_PROG_ARRAY(" OWN "_then, 2);\n"
	"static inline int " OWN "_take(struct __sk_buff *skb, u32 direction)\n"
	"{\n"
	"	struct " OWN "_head head = {};\n"
	"	struct " OWN "_gate *gate;\n"
	"	int zero = 0, open;\n"
	"	gate = " OWN "_gates.lookup(&zero);\n"
	"	if (!gate) return 0;\n"
	"	bpf_spin_lock(&gate->lock);\n"
	"	open = gate->taken < " OWN "_LIMIT;\n"
	"	gate->taken += open;\n"
	"	bpf_spin_unlock(&gate->lock);\n"
	"	if (!open) return 0;\n"
	"	head.time = bpf_ktime_get_ns();\n"
	"	head.length = skb->len;\n"
	"	head.mark = skb->mark;\n"
	"	head.has_tag = skb->vlan_present;\n"
	"	head.tag = skb->vlan_tci;\n"
	"	head.tag_protocol = skb->vlan_proto;\n"
	"	head.segments = skb->gso_segs;\n"
	"	head.cpu = bpf_get_smp_processor_id();\n"
	"	head.direction = direction;\n"
	"	zero = " OWN ".perf_submit_skb(skb, head.length, &head, sizeof(head));\n"
	"	return zero == 0;\n"
	"}\n";

/* In a macro a call of a table's is one that libbcc would not see. */
static const char entry[] = "int " OWN "_%u(struct __sk_buff *skb)\n"
			    "{\n"
			    "	if (" OWN "_take(skb, %u)) " OWN "_then.call(skb, %u);\n"
			    "	return -1;\n"
			    "}\n";

struct live {
	const struct record_settings *settings;
	struct recorded *out;
	struct skbscope_session *session;
	struct loop *loop;
	struct signals signals;
	struct loop_timer look;
	uint64_t until_ns; /* 0: there is no such time */
	uint64_t limit;    /* of packets */
	struct skbscope_error error;
};

static void filter_freep(struct skbscope_filter **filter)
{
	skbscope_filter_free(*filter);
}

void recorded_clear(struct recorded *recorded)
{
	skbscope_snapshot_free(recorded->snapshot);
	arena_free(recorded->arena);
	*recorded = (struct recorded){ 0 };
}

bool record_leaves_out(const struct skbscope_schema *schema)
{
	return schema->hidden || strncmp(schema->table, OWN, strlen(OWN)) == 0;
}

static uint64_t limit_of(const struct record_settings *settings)
{
	return settings->count && settings->count < PACKETS_MAX ? settings->count : PACKETS_MAX;
}

static void write_recorder(const struct record_settings *settings, const char *const functions[2],
			   struct buffer *out)
{
	buffer_string(out, "/* record - hands packets over before a program sees them\n *\n");
	for (unsigned int i = 0; i < 2; i++)
		if (functions[i])
			buffer_printf(out, " * @%s " OWN "_%u\n * @tail " OWN "_then[%u] %s\n",
				      i == SKBSCOPE_INGRESS ? "ingress" : "egress", i, i,
				      functions[i]);
	buffer_printf(out,
		      " * @event " OWN " " OWN "_head\n * @hide " OWN "\n * @hide " OWN
		      "_gates\n * @hide " OWN "_then\n */\n#define " OWN "_LIMIT %" PRIu64 "\n%s",
		      limit_of(settings), recorder);
	for (unsigned int i = 0; i < 2; i++)
		if (functions[i])
			buffer_printf(out, entry, i, i, i);
}

/* The program's files come behind the recorder, whose comment says what is attached. */
static int put_in_front(struct program *program, struct skbscope_source *first,
			struct skbscope_error *error)
{
	struct skbscope_source **with =
		reallocarray(program->with, program->with_count + 1, sizeof(*with));

	if (!with) {
		skbscope_source_free(first);
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	}
	memmove(with + 1, with, program->with_count * sizeof(*with));
	with[0] = program->source;
	program->with = with;
	program->with_count++;
	program->source = first;
	return 0;
}

static int compile(const struct record_settings *settings, const char *const functions[2],
		   struct program *program, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_source *first;
	int r = program_read(settings->compiling, settings->program, program, error);

	if (r < 0)
		return r;
	write_recorder(settings, functions, &text);
	if (text.failed)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	r = skbscope_source_from_text("record.c", text.data, text.length, &first, error);
	if (r == 0)
		r = put_in_front(program, first, error);
	return r < 0 ? r : program_compile(settings->compiling, NULL, program, error);
}

static int on_event(void *context, const struct skbscope_event *event)
{
	struct live *live = context;
	struct recorded *out = live->out;
	struct recorded_packet *packet;
	struct head head;

	if (event->text || strcmp(event->record.schema->table, OWN) != 0 ||
	    event->size < sizeof(head))
		return 0;
	memcpy(&head, event->record.value, sizeof(head));
	packet = LINES_ADD(out->arena, out->packets, out->count, out->room);
	if (!packet)
		return -1;
	*packet = (struct recorded_packet){
		.time_ns = head.time_ns,
		.direction = head.direction ? SKBSCOPE_EGRESS : SKBSCOPE_INGRESS,
		/* The buffer's padding is behind it. */
		.size = event->rest_size < head.length ? (uint32_t)event->rest_size : head.length,
		.mark = head.mark,
		.segments = head.segments,
		.cpu = head.cpu,
		.has_tag = head.has_tag,
		.tag = (uint16_t)head.tag,
		.tag_protocol = (uint16_t)head.tag_protocol,
	};
	packet->bytes = arena_copy(out->arena, event->rest, packet->size, 1);
	out->bytes += packet->size;
	return 0;
}

static int drain(struct live *live)
{
	uint64_t count = 1;
	int r = 0;

	while (r == 0 && count)
		r = skbscope_session_drain(live->session, 0, on_event, live, &count, &live->error);
	if (r == 0 && arena_failed(live->out->arena))
		r = fail_memory(&live->error, STAGE);
	return r;
}

static void ends(struct live *live, const char *why)
{
	live->out->ended = why;
	loop_quit(live->loop, 0);
}

static void look(void *context, uint64_t now_ns)
{
	struct live *live = context;

	if (drain(live) < 0)
		loop_quit(live->loop, live->error.code);
	else if (live->out->count >= live->limit)
		ends(live, live->settings->count && live->settings->count <= PACKETS_MAX
				   ? NULL
				   : "a file of tests takes no more packets");
	else if (live->out->bytes >= BYTES_MAX)
		ends(live, "a file of tests takes no more bytes");
	else if (live->until_ns && now_ns >= live->until_ns)
		ends(live, NULL);
	else if (!skbscope_session_attached(live->session))
		ends(live, "nothing is attached any more");
	else
		loop_arm(live->loop, &live->look, now_ns + LOOK_NS);
}

static void heard(void *context, enum heard heard)
{
	struct live *live = context;

	if (heard == HEARD_END)
		ends(live, NULL);
}

static int open_loop(struct live *live, struct skbscope_error *error)
{
	int r = loop_new(&live->loop);

	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot wait for packets");
	live->signals = (struct signals){ .loop = live->loop, .heard = heard, .context = live };
	live->look = (struct loop_timer){ .due = look, .context = live };
	return signals_open(&live->signals, error);
}

static int wait_for_packets(struct live *live, struct skbscope_error *error)
{
	const uint64_t now_ns = clock_monotonic_ns();
	const uint64_t duration_ns = live->settings->duration_ns;
	int r;

	live->until_ns = duration_ns ? now_ns + duration_ns : 0;
	loop_arm(live->loop, &live->look, now_ns + LOOK_NS);
	r = loop_run(live->loop);
	loop_disarm(&live->look);
	if (r < 0 && live->error.code)
		*error = live->error;
	else if (r < 0)
		fail_errno(error, r, STAGE, "cannot wait for packets");
	return r < 0 ? r : 0;
}

static int by_time(const void *a, const void *b)
{
	const struct recorded_packet *x = a, *y = b;

	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

/* Nothing moves any more once it is detached and no CPU runs it. */
static int finish(struct live *live, struct skbscope_error *error)
{
	struct recorded *out = live->out;
	int r = skbscope_session_detach(live->session, error);

	if (r < 0)
		return r;
	rcu_wait();
	r = drain(live);
	if (r < 0) {
		*error = live->error;
		return r;
	}
	if (out->count)
		qsort(out->packets, out->count, sizeof(*out->packets), by_time);
	r = skbscope_session_read(live->session, NULL, &out->snapshot, error);
	for (size_t i = 0; r == 0 && i < out->snapshot->table_count; i++)
		if (strcmp(out->snapshot->tables[i].schema->table, OWN) == 0)
			out->missed = out->snapshot->tables[i].lost;
	return r;
}

static int run(struct live *live, const struct targets *targets, struct skbscope_error *error)
{
	const struct record_settings *settings = live->settings;
	int r = attach_session(settings->traffic, targets, false, live->session, error);

	if (r < 0)
		return r;
	if (!settings->talk->quiet)
		report_say("%s: recording%s; Ctrl-C ends it", settings->program,
			   settings->count || settings->duration_ns ? "" : " all packets");
	r = wait_for_packets(live, error);
	return r < 0 ? r : finish(live, error);
}

static int load(struct live *live, const struct skbscope_filter *filter, struct program *program,
		struct skbscope_error *error)
{
	const struct record_settings *settings = live->settings;
	struct traffic_settings traffic = *settings->traffic;
	AUTO(filling_freep) struct filling *filling = NULL;
	AUTO(fill_close) struct fill fill = { 0 };
	int r;

	traffic.ingress = traffic.egress = traffic.direction = NULL; /* the comment says it */
	r = open_session(&traffic, filter, program, false, &live->session, error);
	if (r == 0)
		r = fill_open(&fill, settings->tables, traffic.netns, error);
	if (r == 0)
		r = fill_plan(&fill, program->image, NULL, &filling, error);
	return r < 0 ? r : fill_write(&fill, filling, live->session, NULL, 0, error);
}

int record_live(const struct record_settings *settings, const struct targets *targets,
		const char *const functions[2], struct recorded *out, struct skbscope_error *error)
{
	AUTO(program_clear) struct program program = { 0 };
	AUTO(filter_freep) struct skbscope_filter *filter = NULL;
	AUTO(loop_freep) struct loop *loop = NULL;
	AUTO(session_closep) struct skbscope_session *session = NULL;
	struct live live = { .settings = settings, .out = out, .limit = limit_of(settings) };
	struct targets kept = *targets; /* none of which is left out: they are named */
	int r = compile(settings, functions, &program, error);

	out->arena = arena_new();
	if (r == 0 && !out->arena)
		r = fail_memory(error, STAGE);
	if (r == 0)
		r = filter_make(settings->traffic, settings->compiling, &kept, &filter, error);
	if (r == 0)
		r = load(&live, filter, &program, error);
	session = live.session;
	if (r == -EPERM && error->stage == SKBSCOPE_STAGE_USAGE)
		hint(error, r,
		     "what changes packets is not recorded; a test of it is written by "
		     "hand, or with \"capture FILE\"");
	else if (r < 0)
		report_diagnostics(program.diagnostics, settings->talk->verbose);
	if (r == 0)
		r = open_loop(&live, error);
	loop = live.loop;
	if (r == 0)
		r = run(&live, targets, error);
	if (loop)
		signals_close(&live.signals);
	return r;
}
