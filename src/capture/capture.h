/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture files in: pcap and pcapng as they are, or packed with gzip or zstd, from a file, a
 * pipe or standard input. Packets come in the order of the file, as they stand there; what
 * becomes of one whose link type is not Ethernet's is link.h's.
 *
 * Nothing in a file is believed: a length costs memory only as far as bytes really follow.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <skbscope/error.h>

struct capture;

enum capture_direction {
	CAPTURE_DIRECTION_UNKNOWN,
	CAPTURE_IN,
	CAPTURE_OUT,
};

/* How it came to the interface, where the file says so. */
enum capture_reception {
	CAPTURE_RECEPTION_UNKNOWN,
	CAPTURE_UNICAST,
	CAPTURE_MULTICAST,
	CAPTURE_BROADCAST,
	CAPTURE_PROMISCUOUS, /* to somebody else's address */
};

/* In the year 2262. What is due then, and not before, is due never. */
#define CAPTURE_TIME_MAX ((uint64_t)INT64_MAX)

struct capture_packet {
	const uint8_t *data; /* borrowed until the next call that reads */
	uint32_t captured;   /* bytes at data; at most CAPTURE_PACKET_MAX */
	uint32_t length;     /* what it had on the wire: captured or more */
	uint64_t
		time_ns; /* since 1970, at most CAPTURE_TIME_MAX; 0: the file has none (has_time) */
	uint32_t interface; /* for capture_interface() */
	uint16_t link;      /* LINKTYPE_…, by the numbers of the registry at tcpdump.org */
	enum capture_direction direction;
	enum capture_reception reception;
	bool has_time;
	bool big_endian; /* the machine that wrote it: a few link types have such fields */
};

/* As libpcap's: the link types that may have more than 256 KiB are none of networks. */
#define CAPTURE_PACKET_MAX (128u << 20)

struct capture_interface {
	const char
		*name; /* as in the file, any bytes; NULL: it has none. Lives as the capture does */
	uint16_t link;
	uint32_t snapshot; /* bytes kept of each packet; 0: no limit */
};

struct capture_options {
	/* Of a pipe that has nothing: return -EAGAIN instead of waiting, and read on at the
	 * next call. The descriptor to wait for is capture_descriptor(). */
	bool never_waits;
};

/* "-" is standard input. The beginning is read here unless that would wait, so what is no
 * capture fails here, or in the first capture_next(). */
int capture_open(const char *path, const struct capture_options *options, struct capture **out,
		 struct skbscope_error *error);
/* Takes the descriptor, also on failure. The name is for errors: "x.pcap". */
int capture_from_fd(int fd, const char *name, const struct capture_options *options,
		    struct capture **out, struct skbscope_error *error);
void capture_free(struct capture *capture);
void capture_freep(struct capture **capture);

/* 1 and a packet, 0 at the end, -EAGAIN, or another negative errno for good: -ENODATA for a
 * capture that is cut in a packet, -EBADMSG for one that is damaged. What came before is
 * right, and the error tells how many those were. */
int capture_next(struct capture *capture, struct capture_packet *packet,
		 struct skbscope_error *error);
int capture_descriptor(const struct capture *capture);

struct capture_facts {
	const char *format;      /* "pcap" or "pcapng"; NULL until its beginning was read */
	const char *packing;     /* "gzip", "zstd", or NULL */
	uint64_t packets, bytes; /* until now; bytes are those captured */
	uint64_t cut_short;      /* packets of which less was captured than they had */
	uint64_t odd_times;      /* packets whose time does not fit (before 1970, after 2262) */
	uint32_t interfaces;     /* until now; pcapng may bring more at any time */
	uint32_t sections;
	/* Of the file as it is stored, for a progress bar; total is 0 for a pipe. */
	uint64_t consumed, total;
};

void capture_facts(const struct capture *capture, struct capture_facts *facts);
/* NULL for an index that no packet has had. Lives until the next call that reads. */
const struct capture_interface *capture_interface(const struct capture *capture, uint32_t index);

#endif
