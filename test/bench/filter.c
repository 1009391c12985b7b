/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tcpdump expression costs a packet that it does not match: in front of a program here,
 * as classic BPF in a filter of tc, and as that of a packet socket, as tcpdump has it. Each is
 * there many times over, and what is measured is the time to send a packet through a veth,
 * over that with as many that say no at once.
 *
 * usage: filter [ROUNDS [PACKETS [COPIES]]]
 *
 * Prints figures and judges none of them: docs/benchmarks.md says how to read them.
 */
#define bpf_insn pcap_bpf_insn
#include <pcap/pcap.h>
#undef bpf_insn

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <skbscope/skbscope.h>

#define BATCH 64
#define COPIES_MAX 60 /* a hook of tcx takes 64 programs */
#define ROUNDS_MAX 101
#define PACKETS_MAX (64u << 20)
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const expressions[] = {
	"arp",
	"host 10.0.0.1",
	"tcp port 80",
	"udp and not port 53 and net 10.0.0.0/8",
	"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
	"ip6 host fe80::1 and tcp port 443",
	"tcp portrange 20-80 and (net 10.1.0.0/16 or net 10.2.0.0/16)",
};

/* TCP from 10.0.0.3, port 81, to 10.0.0.4, port 82, for a station that is not there. */
static const uint8_t frame[60] = {
	2,    0,  0, 0,  0, 9, 2, 0, 0,  0, 0, 2, 8,    0,                       /* Ethernet */
	0x45, 0,  0, 46, 0, 0, 0, 0, 64, 6, 0, 0, 10,   0,    0, 3, 10, 0, 0, 4, /* IPv4 */
	0,    81, 0, 82, 0, 0, 0, 1, 0,  0, 0, 0, 0x50, 0x10, 1, 0, 0,  0, 0, 0  /* TCP */
};

static size_t packets = 20000, copies = 32;
static int sender = -1;

static void give_up(const char *what)
{
	fprintf(stderr, "filter: %s\n", what);
	exit(1);
}

static void run(const char *command)
{
	if (system(command) != 0)
		give_up(command);
}

/* --- sending ------------------------------------------------------------------- */

static void open_sender(void)
{
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
					     .sll_ifindex = (int)if_nametoindex("near") };
	int one = 1;

	sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (sender < 0 || bind(sender, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    setsockopt(sender, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0)
		give_up("no socket to send from");
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_size);
	return values[count / 2];
}

/* A packet, in ns: the median of batches, so that it does not count who else runs meanwhile.
 * On one CPU, where what is sent is received before the call returns. */
static double send_all(void)
{
	static double taken[PACKETS_MAX / BATCH];
	struct iovec part = { (void *)frame, sizeof(frame) };
	struct mmsghdr messages[BATCH];
	size_t count = 0;

	memset(messages, 0, sizeof(messages));
	for (size_t i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &part, .msg_iovlen = 1 };
	while (count * BATCH < packets) {
		const uint64_t start = now_ns();
		const int r = sendmmsg(sender, messages, BATCH, 0);

		if (r < 0 && errno != ENOBUFS)
			give_up("a packet could not be sent");
		if (r == BATCH)
			taken[count++] = (double)(now_ns() - start) / BATCH;
	}
	return median(taken, count);
}

/* --- in front of a program ------------------------------------------------------- */

static const char program[] = "int watch(struct __sk_buff *skb) { return -1; }\n";
static struct skbscope_image *image;

static void compile_program(void)
{
	struct skbscope_compile_options options = { .size = sizeof(options), .anew = true };
	struct skbscope_error error = { 0 };
	struct skbscope_source *source = NULL;

	if (skbscope_source_from_text("bench.c", program, strlen(program), &source, &error) < 0 ||
	    skbscope_compile(source, &options, &image, NULL, NULL, &error) < 0)
		give_up(error.message);
	skbscope_source_free(source);
}

static double measure_ours(const char *expression)
{
	const struct skbscope_filter_options wanted = { .size = sizeof(wanted),
							.expression = expression,
							.ethernet = true };
	const char *const interfaces[] = { "far" };
	const struct skbscope_attach_options where = { .size = sizeof(where),
						       .interfaces = interfaces,
						       .interface_count = 1,
						       .paused = true };
	struct skbscope_session *sessions[COPIES_MAX] = { 0 };
	struct skbscope_session_options options = { .size = sizeof(options) };
	struct skbscope_filter *filter = NULL;
	struct skbscope_error error = { 0 };
	double without, with;

	if (skbscope_filter_compile(&wanted, &filter, &error) < 0)
		give_up(error.message);
	options.filter = filter;
	for (size_t i = 0; i < copies; i++)
		if (skbscope_session_open(image, &options, &sessions[i], NULL, &error) < 0 ||
		    skbscope_session_attach(sessions[i], &where, &error) < 0)
			give_up(error.message);
	send_all();
	without = send_all();
	for (size_t i = 0; i < copies; i++)
		if (skbscope_session_resume(sessions[i], &error) < 0)
			give_up(error.message);
	send_all();
	with = send_all();
	for (size_t i = 0; i < copies; i++)
		skbscope_session_close(sessions[i]);
	skbscope_filter_free(filter);
	return (with - without) / (double)copies;
}

/* --- classic BPF ------------------------------------------------------------------ */

static struct bpf_program compile_classic(const char *expression)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
	struct bpf_program out = { 0 };

	if (!dead || pcap_compile(dead, &out, expression, 1, PCAP_NETMASK_UNKNOWN) < 0)
		give_up(expression);
	pcap_close(dead);
	return out;
}

/* tc takes them as words. */
static void add_tc_filters(const struct bpf_program *filter)
{
	FILE *batch = popen("tc -batch -", "w");

	if (!batch)
		give_up("tc cannot be started");
	for (size_t i = 0; i < copies; i++) {
		fprintf(batch, "filter add dev far ingress prio %zu bpf bytecode \"%u", i + 1,
			filter ? filter->bf_len : 1);
		for (uint32_t k = 0; filter && k < filter->bf_len; k++)
			fprintf(batch, ",%u %u %u %u", filter->bf_insns[k].code,
				filter->bf_insns[k].jt, filter->bf_insns[k].jf,
				filter->bf_insns[k].k);
		fprintf(batch, "%s\" classid 1:1\n", filter ? "" : ",6 0 0 0");
	}
	if (pclose(batch) != 0)
		give_up("tc refuses a filter");
}

static double measure_tc_with(const struct bpf_program *filter)
{
	double taken;

	run("tc qdisc add dev far clsact");
	add_tc_filters(filter);
	send_all();
	taken = send_all();
	run("tc qdisc del dev far clsact");
	return taken;
}

static double measure_tc(const char *expression)
{
	struct bpf_program filter = compile_classic(expression);
	const double without = measure_tc_with(NULL), with = measure_tc_with(&filter);

	pcap_freecode(&filter);
	return (with - without) / (double)copies;
}

static void attach(int sock, const void *code, size_t count)
{
	const struct sock_fprog all = { (unsigned short)count, (struct sock_filter *)code };

	if (setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof(all)) < 0)
		give_up("a socket refuses a filter");
}

static double measure_sockets(const char *expression)
{
	static const struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
					     .sll_protocol = htons(ETH_P_ALL),
					     .sll_ifindex = (int)if_nametoindex("far") };
	struct bpf_program filter = compile_classic(expression);
	int sockets[COPIES_MAX];
	double without, with;

	for (size_t i = 0; i < copies; i++) {
		sockets[i] = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
		if (sockets[i] < 0)
			give_up("no socket to listen on");
		attach(sockets[i], none, 1);
		if (bind(sockets[i], (const struct sockaddr *)&address, sizeof(address)) < 0)
			give_up("a socket cannot listen");
	}
	send_all();
	without = send_all();
	for (size_t i = 0; i < copies; i++)
		attach(sockets[i], filter.bf_insns, filter.bf_len);
	send_all();
	with = send_all();
	for (size_t i = 0; i < copies; i++)
		close(sockets[i]);
	pcap_freecode(&filter);
	return (with - without) / (double)copies;
}

/* --- saying it -------------------------------------------------------------------- */

static void make_network(void)
{
	cpu_set_t here;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0)
		give_up("it needs root, and namespaces of its own");
	run("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; "
	    "ip link add near type veth peer name far && ip link set near arp off up && "
	    "ip link set far arp off up");
	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
	open_sender();
}

static size_t argument(int argc, char **argv, int at, size_t otherwise, size_t most)
{
	const size_t value = argc > at ? strtoul(argv[at], NULL, 10) : otherwise;

	return value < 1 ? 1 : value > most ? most : value;
}

int main(int argc, char **argv)
{
	static double (*const rows[])(const char *) = { measure_ours, measure_tc, measure_sockets };
	static double taken[LENGTH(expressions)][LENGTH(rows)][ROUNDS_MAX];
	const size_t rounds = argument(argc, argv, 1, 11, ROUNDS_MAX);
	struct utsname machine;

	packets = argument(argc, argv, 2, packets, PACKETS_MAX - BATCH);
	copies = argument(argc, argv, 3, copies, COPIES_MAX);
	if (geteuid() != 0) {
		printf("skipped: attaching needs root\n");
		return 77;
	}
	make_network();
	compile_program();
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < LENGTH(expressions); i++)
			for (size_t k = 0; k < LENGTH(rows); k++)
				taken[i][k][round] = rows[k](expressions[i]);
	uname(&machine);
	printf("ns a packet that an expression does not match, over a filter that says no at once\n"
	       "medians of %zu rounds of %zu packets through %zu copies; %s %s, %ld CPUs\n\n"
	       "skbscope  tc bytecode  packet socket  expression\n",
	       rounds, packets, copies, machine.sysname, machine.release,
	       sysconf(_SC_NPROCESSORS_ONLN));
	for (size_t i = 0; i < LENGTH(expressions); i++)
		printf("%8.1f %12.1f %14.1f  %s\n", median(taken[i][0], rounds),
		       median(taken[i][1], rounds), median(taken[i][2], rounds), expressions[i]);
	skbscope_image_free(image);
	return 0;
}
