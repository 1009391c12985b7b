/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What http/calls.c tells user space of HTTP/1.x connections, one record a piece: this struct,
 * and behind it the bytes that the piece carries. Both sides include this file; user space needs
 * programs/include among its include directories.
 *
 * A connection has two directions, each of which is a stream of bytes that TCP numbers. Heads,
 * small bodies, JSON, forms, streams and all that the program does not understand are carried. Of a
 * large body of another type, whose length its head tells, only the last byte is; what is before
 * that is skipped.
 *
 * The reader may rely on this:
 *
 * - Each byte of a watched connection that passed the hooks is in a piece that carries it, or is
 *   skipped, or the ring had no room for its piece (which is counted, and is a gap here), or the
 *   connection was said to be UNREADABLE before.
 * - Pieces of one direction mostly come in order. Not where the network has reordered them, and not
 *   always where two CPUs had packets of it at the same moment. What TCP sent again, or what
 *   passed two of the interfaces, is carried, or skipped, again.
 * - What is skipped is part of one body, and begins where the piece with its head ended. Some of it may
 *   have been carried all the same. That it is a body is the program's opinion, of a head that it
 *   found at the beginning of a segment or behind a body; who has parsed the stream and is not
 *   inside a counted body there knows better, and has lost these bytes.
 * - Where the connection ends inside such a body, the piece with FIN tells how much was skipped by
 *   then. Before a piece with RST there is an empty one that tells it of the other direction.
 * - The last byte of a body of which something was skipped is carried in a piece of its own or
 *   at the beginning of one: its time is that of the call's end.
 * - SYN, FIN and RST come in a piece, with bytes or without. A packet with neither is not told of.
 * - What is carried of a segment is in one piece, or in several of at most HTTP_PIECE_MOST bytes, in
 *   order and with the same time.
 */
#ifndef SKBSCOPE_HTTP_PIECE_H
#define SKBSCOPE_HTTP_PIECE_H

#ifdef __KERNEL__
#include <skbscope/types.h>
#else
#include <linux/types.h>
typedef union {
	__u8 bytes[16];
	__be32 words[4];
} ip_address_t;
typedef __be16 port_be_t;
typedef __u8 tcp_flags_t;	/* FIN 1, SYN 2, RST 4, ACK 16 */
#endif

#define HTTP_PIECE_MOST 8192	/* bytes that one carries */

/* What the program knows about a piece. */
enum http_piece_mark {
	/* The port at this end is one of those that are watched. Where both are, the client
	 * is the one that sent a SYN without ACK, or who never says "HTTP/". */
	HTTP_PIECE_TO_SERVER = 0x01,
	HTTP_PIECE_FROM_SERVER = 0x02,
	/* Nothing is known of the connection, and this is not its beginning: it is older than
	 * the program, or so many others had packets since that the program has forgotten it.
	 * A reader who knows the connection has lost what was skipped before. */
	HTTP_PIECE_UNKNOWN = 0x04,
	/* The recording that is replayed has not all bytes of this packet: none follow here,
	 * and length is how many there should be. */
	HTTP_PIECE_CUT_SHORT = 0x08,
	/* It is TLS or HTTP/2, or was upgraded to something else: nothing comes of it after this
	 * segment, and the program has counted it. Only of an upgrade does this piece carry something. */
	HTTP_PIECE_UNREADABLE = 0x10,
};

/* All numbers are in host order, but for addresses and ports, which are as in packets. */
struct http_piece {
	__u64 time;			/* bpf_ktime_get_ns(); of a recording, the packet's */
	ip_address_t source, destination; /* IPv4 as ::ffff:192.0.2.1 */
	port_be_t source_port, destination_port;
	/* TCP's number of the first byte that is carried. (Without bytes, of the next one that
	 * there will be: behind the SYN, that of the FIN. A RST's means nothing.) */
	__u32 sequence;
	/* How many bytes directly before that one are skipped; in the piece behind them, which may
	 * come more than once, and 0 in all others. */
	__u64 skipped;
	__u32 unseen;			/* of those, how many were in no packet that passed */
	__u32 length;			/* how many bytes are carried */
	__u32 segment;			/* how many the whole segment has, skipped ones included */
	tcp_flags_t flags;		/* the segment's; FIN and RST only in its last piece */
	__u8 marks;			/* of enum http_piece_mark */
	__u8 way;			/* 0: seen as it arrived (ingress), 1: as it left (egress) */
	__u8 pad;			/* 0 */
};					/* 72 bytes; what it carries begins behind them */

#endif
