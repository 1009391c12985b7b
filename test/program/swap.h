/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that swap: another text in the place of a running one, and packets at
 * full speed meanwhile. */
#ifndef TEST_PROGRAM_SWAP_H
#define TEST_PROGRAM_SWAP_H

#include <pthread.h>
#include <stdatomic.h>

#include "kernel/session.h"
#include "network.h"

#define HEAD "#include <uapi/linux/bpf.h>\n"

static const char counter[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
				   "int count(struct __sk_buff *skb)\n"
				   "{ packets.increment(0); return 0; }\n";
/* The same table, another instruction or two. */
static const char edited[] = HEAD "BPF_PERCPU_ARRAY(packets, u64, 1);\n"
				  "BPF_HASH(lengths, u32, u64);\n"
				  "int count(struct __sk_buff *skb)\n"
				  "{ u32 length = skb->len; lengths.increment(length);\n"
				  "  packets.increment(0); return 1; }\n";

static inline int attach_to(struct fixture *fixture, const char *const *interfaces, size_t count,
			    enum skbscope_hook hook)
{
	const struct skbscope_attach_options options = {
		.size = sizeof(options),
		.interfaces = interfaces,
		.interface_count = count,
		.hook = hook,
	};

	return skbscope_session_attach(fixture->session, &options, &fixture->error);
}

static inline bool attached(struct fixture *fixture, const char *text, enum skbscope_hook hook)
{
	static const char *const lo = "lo";

	if (!fixture_opened(fixture, text, (struct skbscope_session_options){ 0 }))
		return false;
	if (attach_to(fixture, &lo, 1, hook) == 0)
		return true;
	fprintf(stderr, "fixture: %s (%s)\n", fixture->error.message, fixture->error.hint);
	fixture_close(fixture);
	return false;
}

/* Swaps another text in, with the image's ownership. */
static inline int swap_text(struct fixture *fixture, const char *text,
			    const struct skbscope_swap_options *options, struct skbscope_swap **out)
{
	struct skbscope_image *image = fixture_compile(text);
	int r;

	if (!image)
		return -EINVAL;
	memset(&fixture->error, 0, sizeof(fixture->error));
	r = skbscope_session_swap(fixture->session, image, options, out, fixture->diagnostics,
				  &fixture->error);
	if (r < 0) {
		skbscope_image_free(image);
		return r;
	}
	skbscope_image_free(fixture->image);
	fixture->image = image;
	return 0;
}

static inline bool swapped(struct fixture *fixture, const char *text, struct skbscope_swap **out)
{
	int r = swap_text(fixture, text, NULL, out);

	if (r < 0)
		fprintf(stderr, "swap: %s (%s)\n", fixture->error.message, fixture->error.hint);
	return r == 0;
}

static inline int64_t number(struct fixture *fixture, const char *table, uint32_t key)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	int64_t result = fixture_number(snapshot, table, key);

	skbscope_snapshot_free(snapshot);
	return result;
}

static inline uint64_t verdicts_of(struct fixture *fixture, const char *function)
{
	struct skbscope_snapshot *snapshot = fixture_read(fixture);
	uint64_t sum = 0;

	for (size_t i = 0; snapshot && i < snapshot->verdict_count; i++)
		if (strcmp(snapshot->verdicts[i].function, function) == 0)
			sum += snapshot->verdicts[i].packets;
	skbscope_snapshot_free(snapshot);
	return sum;
}

/* Sends datagrams to a socket that nobody reads, as fast as it can: what does not
 * fit into its buffer is dropped behind the hooks, without an answer. */
struct sender {
	pthread_t thread;
	atomic_bool stop;
	uint64_t sent;
};

static inline void *send_all(void *data)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	struct sender *sender = data;
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(sock, (struct sockaddr *)&address, length) == 0 &&
	    getsockname(sock, (struct sockaddr *)&address, &length) == 0)
		while (!atomic_load(&sender->stop))
			sender->sent +=
				sendto(sock, "x", 1, 0, (struct sockaddr *)&address, length) == 1;
	close(sock);
	return NULL;
}

static inline bool start(struct sender *sender)
{
	memset(sender, 0, sizeof(*sender));
	return pthread_create(&sender->thread, NULL, send_all, sender) == 0;
}

/* A datagram by each processor, which is received when all that was queued there between
 * egress and ingress has arrived. How many they are. */
static inline uint64_t drain(void)
{
	cpu_set_t allowed;
	uint64_t sent = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		abort();
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		cpu_set_t one;

		if (!CPU_ISSET(i, &allowed))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		sent += sched_setaffinity(0, sizeof(one), &one) == 0 && send_packets(1);
	}
	sched_setaffinity(0, sizeof(allowed), &allowed);
	return sent;
}

static inline uint64_t stop(struct sender *sender)
{
	atomic_store(&sender->stop, true);
	pthread_join(sender->thread, NULL);
	return sender->sent + drain();
}

/* Two images in turn, under full load. */
struct turns {
	struct fixture fixture;
	struct skbscope_image *images[2];
	int current;
};

static inline bool turns_begin(struct turns *turns, const char *first, const char *second,
			       enum skbscope_hook hook)
{
	memset(turns, 0, sizeof(*turns));
	if (!attached(&turns->fixture, first, hook))
		return false;
	turns->images[0] = turns->fixture.image;
	turns->images[1] = fixture_compile(second);
	return turns->images[1] != NULL;
}

static inline bool turn(struct turns *turns, struct skbscope_swap **out)
{
	turns->current = !turns->current;
	if (skbscope_session_swap(turns->fixture.session, turns->images[turns->current], NULL, out,
				  turns->fixture.diagnostics, &turns->fixture.error) == 0)
		return true;
	fprintf(stderr, "swap: %s (%s)\n", turns->fixture.error.message, turns->fixture.error.hint);
	return false;
}

static inline void turns_end(struct turns *turns)
{
	fixture_close(&turns->fixture); /* and the first image */
	skbscope_image_free(turns->images[1]);
}

#endif
