/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends an exact number of frames of one kind out of an interface and prints how
 * many went, once they have been received. The frames are addressed to a station that
 * does not exist, so they pass every tc hook and then die in silence: no answer disturbs
 * a count.
 *
 * With --threads each thread is pinned to a CPU of its own and sends its share as
 * fast as it can, which is how counters are brought to race.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 1514
#define THREADS_MAX 64
#define BURST 32
#define SECOND_NS 1000000000ull
#define BEHIND_NS (SECOND_NS / 50) /* what may be made up for */

struct kind {
	const char *name;
	int version; /* of IP; 0: none */
	uint8_t protocol;
	uint8_t header;      /* length of the transport header */
	uint8_t checksum_at; /* in the transport header */
	int tagged;          /* carries an 802.1Q tag of VLAN 23 */
};

static const struct kind kinds[] = {
	{ "udp4", 4, IPPROTO_UDP, 8, 6, 0 },   { "udp6", 6, IPPROTO_UDP, 8, 6, 0 },
	{ "tcp4", 4, IPPROTO_TCP, 20, 16, 0 }, { "tcp6", 6, IPPROTO_TCP, 20, 16, 0 },
	{ "icmp4", 4, IPPROTO_ICMP, 8, 2, 0 }, { "icmp6", 6, IPPROTO_ICMPV6, 8, 2, 0 },
	{ "vlan", 4, IPPROTO_UDP, 8, 6, 1 },   { "arp", 0, 0, 28, 0, 0 },
};

struct plan {
	const struct kind *kind;
	int ifindex;
	uint64_t frames; /* of all threads; 0: until a signal */
	uint64_t rate;   /* frames a second and thread; 0: as fast as it goes */
	uint32_t flows;  /* distinct source ports */
	size_t length;   /* of the whole frame; 0: as short as the kind allows */
	uint32_t threads;
};

struct sender {
	const struct plan *plan;
	uint32_t index;
	uint64_t share; /* 0: until a signal */
	uint64_t sent;
	int error;
	pthread_t thread;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static uint32_t add_words(const uint8_t *bytes, size_t length, uint32_t sum)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (length % 2)
		sum += (uint32_t)bytes[length - 1] << 8;
	return sum;
}

static void put_checksum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	at[0] = (uint8_t)(sum >> 8);
	at[1] = (uint8_t)sum;
}

static void put_u16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static size_t put_ethernet(uint8_t *frame, const struct kind *kind)
{
	static const uint8_t nobody[ETH_ALEN] = { 2, 0, 0, 0, 0, 0x17 };
	static const uint8_t us[ETH_ALEN] = { 2, 0, 0, 0, 0, 0x2a };
	size_t at = 2 * (size_t)ETH_ALEN;

	memcpy(frame, nobody, ETH_ALEN);
	memcpy(frame + ETH_ALEN, us, ETH_ALEN);
	if (kind->tagged) {
		put_u16(frame + at, ETHERTYPE_VLAN);
		put_u16(frame + at + 2, 23);
		at += 4;
	}
	put_u16(frame + at, kind->version == 4   ? ETHERTYPE_IP
			    : kind->version == 6 ? ETHERTYPE_IPV6
						 : ETHERTYPE_ARP);
	return at + 2;
}

/* Returns the length of the IP header. The addresses are those set aside for
 * documentation. */
static size_t put_ip(uint8_t *at, const struct kind *kind, size_t payload)
{
	if (kind->version == 4) {
		struct iphdr ip = { 0 };

		ip.version = 4;
		ip.ihl = sizeof(ip) / 4;
		ip.tot_len = htons((uint16_t)(sizeof(ip) + payload));
		ip.ttl = 64;
		ip.protocol = kind->protocol;
		ip.saddr = htonl(0xc0000201);
		ip.daddr = htonl(0xc0000202);
		memcpy(at, &ip, sizeof(ip));
		put_checksum(at + 10, add_words(at, sizeof(ip), 0));
		return sizeof(ip);
	}

	struct ip6_hdr ip = { 0 };

	ip.ip6_flow = htonl(6u << 28);
	ip.ip6_plen = htons((uint16_t)payload);
	ip.ip6_nxt = kind->protocol;
	ip.ip6_hlim = 64;
	inet_pton(AF_INET6, "2001:db8::1", &ip.ip6_src);
	inet_pton(AF_INET6, "2001:db8::2", &ip.ip6_dst);
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

static void put_transport(uint8_t *at, const struct kind *kind, size_t length, uint16_t port)
{
	switch (kind->protocol) {
	case IPPROTO_TCP:
		put_u16(at, port);
		put_u16(at + 2, 23);
		at[12] = 5 << 4; /* header length in words */
		at[13] = TH_SYN;
		break;
	case IPPROTO_UDP:
		put_u16(at, port);
		put_u16(at + 2, 23);
		put_u16(at + 4, (uint32_t)length);
		break;
	case IPPROTO_ICMP:
		at[0] = ICMP_ECHO;
		break;
	default:
		at[0] = ICMP6_ECHO_REQUEST;
	}
}

static void put_arp(uint8_t *at)
{
	static const uint8_t request[] = { 0, 1, 8, 0, 6, 4, 0, 1 }; /* Ethernet, IPv4: who has */

	memcpy(at, request, sizeof(request));
	put_u16(at + 14, 0xc000);
	put_u16(at + 16, 0x0201);
	put_u16(at + 24, 0xc000);
	put_u16(at + 26, 0x0202);
}

static size_t shortest(const struct kind *kind)
{
	size_t ip = kind->version == 4   ? sizeof(struct iphdr)
		    : kind->version == 6 ? sizeof(struct ip6_hdr)
					 : 0;

	return ETHER_HDR_LEN + (kind->tagged ? 4u : 0u) + ip + kind->header;
}

static size_t put_frame(uint8_t *frame, const struct plan *plan, uint16_t port)
{
	const struct kind *kind = plan->kind;
	size_t length = plan->length ? plan->length : shortest(kind);
	size_t ip_at, transport_at, payload, addresses;
	uint32_t sum = 0;

	memset(frame, 0, length);
	ip_at = put_ethernet(frame, kind);
	if (!kind->version) {
		put_arp(frame + ip_at);
		return length;
	}

	payload = length - shortest(kind) + kind->header;
	transport_at = ip_at + put_ip(frame + ip_at, kind, payload);
	put_transport(frame + transport_at, kind, payload, port);

	/* All but the old ICMP also sum a pseudo header: addresses, length, protocol. */
	addresses = kind->version == 4 ? 8 : 32;
	if (kind->protocol != IPPROTO_ICMP)
		sum = add_words(frame + transport_at - addresses, addresses,
				(uint32_t)payload + kind->protocol);
	put_checksum(frame + transport_at + kind->checksum_at,
		     add_words(frame + transport_at, payload, sum));
	return length;
}

static int open_socket(int ifindex)
{
	struct sockaddr_ll address = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	address.sll_family = AF_PACKET;
	address.sll_ifindex = ifindex;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* Sleeps until the next frames are due. Of what a busy machine made us miss no more than
 * a little is made up for: a veth drops, before any hook, what comes faster than the
 * receiving CPU takes it. */
static void wait_for_turn(uint64_t *due_ns, uint64_t frames, uint64_t rate)
{
	struct timespec until = { (time_t)(*due_ns / SECOND_NS), (long)(*due_ns % SECOND_NS) };
	uint64_t now;

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	now = now_ns();
	if (now > *due_ns + BEHIND_NS)
		*due_ns = now;
	*due_ns += frames * SECOND_NS / rate;
}

/* One burst of at most limit frames; returns how many went. */
static int send_burst(int fd, struct mmsghdr *messages, unsigned int limit)
{
	for (;;) {
		int n = sendmmsg(fd, messages, limit, 0);

		/* A full queue lost the frame in front of the hook it arrives at: try it again. */
		if (n < 0 && (errno == ENOBUFS || errno == EAGAIN))
			continue;
		if (n < 0 && errno == EINTR)
			return 0;
		return n < 0 ? -errno : n;
	}
}

static int send_share(struct sender *sender)
{
	const struct plan *plan = sender->plan;
	static _Thread_local uint8_t frames[BURST][FRAME_MAX];
	struct mmsghdr messages[BURST] = { 0 };
	struct iovec vectors[BURST];
	unsigned int burst = plan->rate && plan->rate < 10000 ? 1 : BURST;
	uint64_t due_ns = now_ns();
	int fd = open_socket(plan->ifindex);
	int r = 0;

	if (fd < 0)
		return fd;
	for (unsigned int i = 0; i < BURST; i++) {
		vectors[i].iov_base = frames[i];
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (!stopped && (!sender->share || sender->sent < sender->share)) {
		uint64_t left = sender->share ? sender->share - sender->sent : BURST;
		unsigned int limit = left < burst ? (unsigned int)left : burst;

		for (unsigned int i = 0; i < limit; i++)
			if (plan->flows > 1 || sender->sent < BURST)
				vectors[i].iov_len = put_frame(
					frames[i], plan,
					(uint16_t)(1024 + (sender->sent + i) % plan->flows));
		if (plan->rate)
			wait_for_turn(&due_ns, limit, plan->rate);
		r = send_burst(fd, messages, limit);
		if (r < 0)
			break;
		sender->sent += (uint64_t)r;
	}
	close(fd);
	return r < 0 ? r : 0;
}

static void *run(void *argument)
{
	struct sender *sender = argument;

	if (sender->plan->threads > 1) {
		long cpus = sysconf(_SC_NPROCESSORS_ONLN);
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(sender->index % (unsigned int)(cpus > 0 ? cpus : 1), &set);
		pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	}
	sender->error = send_share(sender);
	return NULL;
}

/* How many frames wait for a CPU to receive them (net/core/net-procfs.c: the twelfth
 * number of each CPU's line). */
static unsigned int backlog(void)
{
	FILE *file = fopen("/proc/net/softnet_stat", "re");
	unsigned int total = 0, waiting;

	if (!file)
		return 0;
	while (fscanf(file, "%*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %x%*[^\n]", &waiting) == 1)
		total += waiting;
	fclose(file);
	return total;
}

/* What was sent counts once the other end had it: on a busy machine ksoftirqd gets round
 * to that later. Other people's frames may be among those that wait: not for ever. */
static void wait_until_received(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (int i = 0; i < 2000 && backlog(); i++)
		nanosleep(&moment, NULL);
}

static int send_all(const struct plan *plan)
{
	struct sender senders[THREADS_MAX] = { 0 };
	uint64_t sent = 0;
	int error = 0;

	for (uint32_t i = 0; i < plan->threads; i++) {
		senders[i].plan = plan;
		senders[i].index = i;
		senders[i].share =
			plan->frames / plan->threads + (i < plan->frames % plan->threads ? 1 : 0);
		if (pthread_create(&senders[i].thread, NULL, run, &senders[i]) != 0)
			abort();
	}
	for (uint32_t i = 0; i < plan->threads; i++) {
		pthread_join(senders[i].thread, NULL);
		sent += senders[i].sent;
		if (senders[i].error)
			error = senders[i].error;
	}
	wait_until_received();
	printf("%" PRIu64 "\n", sent);
	if (error)
		fprintf(stderr, "send: %s\n", strerror(-error));
	return error ? 1 : 0;
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int usage(void)
{
	fputs("usage: send -i INTERFACE [-k KIND] [-n FRAMES] [-l LENGTH] [-r RATE]\n"
	      "            [-f FLOWS] [-t THREADS]\n"
	      "KIND is one of:",
	      stderr);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		fprintf(stderr, " %s", kinds[i].name);
	fputs("\nWithout -n, or with -n 0, sends until it gets a signal.\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct plan plan = { .kind = &kinds[0], .flows = 1, .threads = 1 };
	struct sigaction action = { .sa_handler = stop };
	int option;

	while ((option = getopt(argc, argv, "i:k:n:l:r:f:t:")) >= 0) {
		if (option == 'i')
			plan.ifindex = (int)if_nametoindex(optarg);
		else if (option == 'k')
			plan.kind = find_kind(optarg);
		else if (option == 'n')
			plan.frames = strtoull(optarg, NULL, 0);
		else if (option == 'l')
			plan.length = strtoul(optarg, NULL, 0);
		else if (option == 'r')
			plan.rate = strtoull(optarg, NULL, 0);
		else if (option == 'f')
			plan.flows = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 't')
			plan.threads = (uint32_t)strtoul(optarg, NULL, 0);
		else
			return usage();
	}
	if (!plan.ifindex || !plan.kind || !plan.flows || !plan.threads ||
	    plan.threads > THREADS_MAX || (plan.frames && plan.frames < plan.threads) ||
	    (plan.length && (plan.length < shortest(plan.kind) || plan.length > FRAME_MAX)))
		return usage();

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return send_all(&plan);
}
