/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * http_versions - who calls which version of an API, how is it answered, and when was that last?
 *
 *   map       key                          value
 *   versions  client, server's port,       requests; how they were answered: 2xx, 3xx, 4xx, 5xx; when
 *             version, method              the first and the last of them came
 *   not_read  client, server's port, why   how often, bytes that so were not read, and when last
 *
 * HTTP/1.0 and 1.1 in clear text, on any port. A connection is followed from the first segment on that
 * begins with a request: one that is older than the program from its next request on.
 *
 * The version is what Api-Version, X-Api-Version or Anthropic-Version say; else api-version in the
 * query; else the first part of the path that looks like one: v1, v2.1, v1beta, or 2.0 as the first
 * part or behind api. The column is empty where there is none of them. What is longer than 23
 * characters ends in +, a method has its first 8. A request without an answer is in none of the four
 * columns; interim answers (1xx) are not counted, but 101 is, with 2xx.
 *
 * Heads may be of any length and cut anywhere: a line that is not whole waits for the next segment.
 * Of lines of more than 1 KiB only the beginning of a request's first one is read. Bodies are passed
 * over by their length or by their chunks. Up to 32 requests may wait for their answers (pipelining).
 *
 * Where the thread is lost, it is taken up at the next segment that begins with a request, and with it
 * the answers, unless the client is one that does not wait for them. In not_read are
 *
 *   GAP        packets that are missing, or came too early: not those of bodies
 *   MALFORMED  what is no head, length or chunk where there should be one
 *   AMBIGUOUS  messages with two lengths, which others might read differently
 *   NO_ROOM    more requests that wait, or more messages in a packet, than there is room for
 *   ANSWERS    segments with answers of which it is not known whose they are
 *   TLS        connections that begin with a ClientHello
 *   HTTP_2     connections that begin with the preface of HTTP/2
 *   UPGRADED   connections that became something else (101, CONNECT)
 *
 * IPv4 and IPv6, behind up to two VLAN tags and six extension headers; fragments are not looked
 * at. What comes by several of the interfaces counts once, and so on loopback. Of 4096 connections and
 * 16384 rows, those go that were not seen for longest when there are more. The answers to a client
 * that did not wait when the program started may be counted with another of its requests.
 *
 * Cost: a hash lookup a segment; of HTTP, 1 to 3 us a request with its answer. Verdict:
 * TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope http_versions -i eth0 tcp port 8080
 *   client      port  version  method  requests  s2xx  s3xx  s4xx  s5xx  last         first
 *   192.0.2.22  8080  v2       GET            3     2     0     1     0  65.1 ms ago  65.4 ms ago
 *   192.0.2.21  8080  v1       POST           2     2     0     0     0  116 ms ago   117 ms ago
 *   192.0.2.22  8080  2.0      POST           1     0     0     1     0  33.6 ms ago  33.6 ms ago
 *   client      port  why     times  times/s  bytes  bytes/s  last
 *   192.0.2.22  8080  HTTP_2      1      0.1   64 B     10 B  536 us ago
 *
 * @group traffic
 * @ingress received
 * @egress sent
 * @tail steps[0] follow
 * @tail steps[1] walk
 * @sort versions requests
 * @sort not_read times
 * @hide connections
 * @hide partials
 * @hide notebook
 * @hide steps
 * @hide empty
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/ends.h>
#include <skbscope/http.h>
#include <skbscope/loopback.h>

#define VERSION_SIZE 24
#define METHOD_SIZE 8
#define WAITING 32	/* requests of a connection that have no answer yet; a power of two */
#define BUFFER 1024	/* bytes of a line that are looked at; a power of two */
#define BEYOND 64	/* that may be looked at behind a place in the buffer */
#ifndef WORDS
#define WORDS 16	/* of eight bytes that one step looks through */
#endif
#ifndef STEPS
#define STEPS 16	/* that one run of the program takes; a tail call leads to the next run */
#endif

struct caller {
	ip_address_t client;
	port_t port;
	u16 pad;
	char version[VERSION_SIZE];
	char method[METHOD_SIZE];
};

/* The end of a caller, which is of one call. */
struct call {
	u64 version[VERSION_SIZE / 8];
	u64 method;
};

struct calls {
	count_t requests, s2xx, s3xx, s4xx, s5xx;	/* by the status of their answers */
	when_t last, first;
};

enum why { NOTHING, GAP, MALFORMED, AMBIGUOUS, NO_ROOM, ANSWERS, TLS, HTTP_2, UPGRADED };

struct unread {
	ip_address_t client;
	port_t port;
	u16 pad;
	enum why why;
};

struct passed {
	count_t times;
	bytes_t bytes;
	when_t last;
};

enum mode { HEAD, BODY, CHUNK, TRAILER, TO_THE_END, LOST, NOT_OURS };

enum place { CLIENT, SERVER };

/* What one end sends. */
struct side {
	u32 next;	/* TCP's number of what is expected */
	u8 is_known;
	u8 mode;
	u8 is_chunked;
	u8 is_long;	/* the line at hand: its beginning is no more there */
	u32 lines;	/* of the head, so far */
	u32 kept;	/* bytes of the line at hand that came in packets before: in partials */
	u64 left;	/* of the body, or of the chunk and its line end */
	u64 length;	/* that the head tells, plus 1; 0: it tells none */
	u32 status;
	u32 rank;	/* of where the version was found: the highest counts */
};

struct connection {
	struct side sides[2];	/* enum place */
	u32 asked, answered;	/* how many */
	u8 client_is_high;
	u8 is_pipelined;	/* more than one waited for an answer at once */
	u8 is_http;		/* there was a message */
	u8 pad[5];
	struct call waiting[WAITING];
};

struct part {
	struct ends ends;
	u32 place;
};

struct partial {
	u8 bytes[BUFFER];
};

enum step { SCAN, READ, PATH, QUERY, TAKE_VERSION, COUNT, EXPECT, SKIP, DONE };

enum run { FOLLOW, WALK, RUNS };

/* What is at work on one segment. */
struct notes {
	struct ends ends;
	struct caller caller;
	struct side side;	/* whose it is: a copy, which goes back in the end */
	u32 count;		/* of its requests, or answers, so far */
	u32 sequence, acknowledged;
	u32 place;
	u32 fate;		/* enum why: to be counted in not_read at the end */
	u32 is_lost, has_no_body;
	u64 now;
	u64 step, then;		/* the next one; the one behind TAKE_VERSION */
	u64 offset, left;	/* of the segment, what is not in the buffer yet */
	u64 fill, at, line;	/* bytes in the buffer; where to look next, and where the line began */
	u64 first, part, path, path_end; /* of the path: where it begins, and the part at hand; where to look next */
	u64 version_at, version_length, rank; /* what may be taken for the version */
	u64 is_newline;		/* one was found */
	u64 value;		/* where that of a header line is */
	u64 column;		/* of struct calls, that is to be counted */
	struct part part_of;
	u8 buffer[2 * BUFFER + BEYOND];
};

BPF_TABLE("lru_hash", struct caller, struct calls, versions, 16384);
BPF_TABLE("lru_hash", struct unread, struct passed, not_read, 4096);
BPF_TABLE("lru_hash", struct ends, struct connection, connections, 4096);
BPF_TABLE("lru_hash", struct part, struct partial, partials, 1024);
BPF_ARRAY(empty, struct connection, 1);	/* too large for the stack; nobody writes to it */
BPF_PERCPU_ARRAY(notebook, struct notes, 1);
BPF_PROG_ARRAY(steps, RUNS);

/* TIMES, in which so many bytes were not read. */
static inline int leave_out(const struct caller *caller, enum why why, u64 times, u64 bytes, u64 now)
{
	struct unread key = {};
	struct passed zero = {}, *passed;

	key.client = caller->client;
	key.port = caller->port;
	key.why = why;
	passed = not_read.lookup_or_try_init(&key, &zero);
	if (!passed)
		return TC_ACT_UNSPEC;
	lock_xadd(&passed->times, times);
	lock_xadd(&passed->bytes, bytes);
	passed->last = now;
	return TC_ACT_UNSPEC;
}

/* By an index that the compiler does not make two ways of, of which the verifier would walk each. */
static inline struct side *side_of(struct connection *connection, u32 place)
{
	u64 index = place & 1;

	COMPARED(index);
	return &connection->sides[index & 1];
}

/* The thread is lost: lose_side() in the end. */
static inline void lose(struct notes *s, enum why why)
{
	s->fate = why;
	s->is_lost = 1;
	s->step = DONE;
}

/* With it goes whose the answers are that follow. */
static inline void lose_side(struct connection *connection, struct side *side)
{
	side->mode = LOST;
	connection->sides[SERVER].mode = LOST;
	connection->answered = connection->asked;
}

static inline void expect_head(struct side *side)
{
	side->mode = HEAD;
	side->is_chunked = 0;
	side->is_long = 0;
	side->lines = 0;
	side->kept = 0;
	side->left = 0;
	side->length = 0;
	side->rank = 0;
}

/* --- versions */

/* Offers LENGTH bytes at AT; what was to follow goes on then. */
static inline void offer(struct notes *s, u64 at, u64 length, u32 rank)
{
	s->version_at = at;
	s->version_length = length;
	s->rank = rank;
	s->then = s->step;
	s->step = TAKE_VERSION;
}

static inline void take_version(struct connection *connection, struct side *side, struct notes *s)
{
	u64 at = s->version_at, length = s->version_length;
	u64 *to = connection->waiting[s->count & (WAITING - 1)].version;
	const u8 *from;

	s->step = s->then;
	COMPARED(at);
	if (at >= BUFFER || s->rank <= side->rank || !length || length > BUFFER)
		return;
	side->rank = s->rank;
	from = s->buffer + at;
	to[0] = first_bytes(eight(from), length < 8 ? length : 8);
	to[1] = length > 8 ? first_bytes(eight(from + 8), length < 16 ? length - 8 : 8) : 0;
	to[2] = length > 16 ? first_bytes(eight(from + 16), length < 23 ? length - 16 : 7) : 0;
	if (length >= VERSION_SIZE)
		to[2] = (to[2] & 0xffffffffffff) | (u64)'+' << 48;
}

/* The part of the path from s->part to END: v1, v2.1, 2.0. */
static inline void judge_part(struct side *side, struct notes *s, u64 end)
{
	u64 at = s->part, length = end - at;
	u32 is_version;
	const u8 *p;

	COMPARED(at);
	if (at >= BUFFER)
		return;
	COMPARED(at); /* or one comparison is made of two, of a copy that verifiers before 6.13 do not follow */
	if (at < 4 || side->rank || length < 2 || length > 16)
		return;
	p = s->buffer + at;
	is_version = (p[0] | 0x20) == 'v' && (u8)(p[1] - '0') < 10;
	if ((u8)(p[0] - '0') < 10 && length < 6 && (p[1] == '.' || p[2] == '.'))
		is_version = at == s->first ||
			     (four(p - 4) | (u32)SMALL_LETTERS) == WORD('a', 'p', 'i', '/');
	if (is_version)
		offer(s, at, length, 1);
}

/* The next end of a part of the path, and the part before it. */
static inline void walk_path(struct side *side, struct notes *s)
{
	u64 at = s->path, found;

	COMPARED(at);
	if (at >= s->path_end || at >= BUFFER) {
		s->step = SCAN;
		judge_part(side, s, s->path_end);
		return;
	}
	/* '/' is 0x2f, and '?' 0x3f. */
	found = zeros_in((eight(s->buffer + at) | EACH_BYTE(0x10)) ^ EACH_BYTE('?'));
	if (!found) {
		s->path = at + 8;
		return;
	}
	at += before_zero(found);
	COMPARED(at);
	if (at >= s->path_end || at >= BUFFER) {
		s->path = at;
		return;
	}
	if (s->buffer[at] == '?')
		s->step = QUERY;
	s->path = at + 1;
	judge_part(side, s, at);
	s->part = at + 1;
}

/* The next argument of the query: api-version=2024-10-21. */
static inline void walk_query(struct notes *s)
{
	u64 at = s->path, part = s->part, end = s->path_end, found;
	const u8 *p;

	COMPARED(at);
	if (at < end && at < BUFFER) {
		found = zeros_in(eight(s->buffer + at) ^ EACH_BYTE('&'));
		if (!found) {
			s->path = at + 8;
			return;
		}
		at += before_zero(found);
		if (at < end)
			end = at;
	}
	s->step = end == s->path_end ? SCAN : QUERY;
	s->path = end + 1;
	s->part = end + 1;
	COMPARED(part);
	if (part >= BUFFER || part + 12 >= end)
		return;
	p = s->buffer + part;
	if ((eight(p) | SMALL_LETTERS) == TWO_WORDS('a', 'p', 'i', '-', 'v', 'e', 'r', 's') &&
	    (four(p + 8) | (u32)SMALL_LETTERS) == WORD('i', 'o', 'n', '='))
		offer(s, part + 12, end - part - 12, 2);
}

/* --- lines */

/* GET /v1/things HTTP/1.1: from p to END. */
static inline void read_request_line(struct connection *connection, struct side *side,
				     struct notes *s, const u8 *p, u64 at, u64 end)
{
	struct call *call = &connection->waiting[s->count & (WAITING - 1)];
	u64 blank = zeros_in(eight(p) ^ EACH_BYTE(' ')), method, more = 0;
	u64 http = end - 9;	/* HTTP/1.1, CR */

	if (!blank) {	/* PROPPATCH */
		blank = zeros_in(eight(p + 8) ^ EACH_BYTE(' '));
		more = 8;
	}
	method = more + before_zero(blank);
	COMPARED(http);
	if (!blank || !method || http >= BUFFER || http < at + method + 2 ||
	    (!side->is_long &&
	     eight(s->buffer + http) << 8 != TWO_WORDS(0, 'H', 'T', 'T', 'P', '/', '1', '.'))) {
		if (connection->is_http) {
			lose(s, MALFORMED);
			return;
		}
		/* Another protocol, whose commands look like it. */
		connection->sides[SERVER].mode = NOT_OURS;
		side->mode = NOT_OURS;
		s->step = DONE;
		return;
	}
	call->method = first_bytes(eight(p), more ? 8 : method);
	__builtin_memset(call->version, 0, sizeof(call->version));
	s->path_end = side->is_long ? end : http - 1;
	s->first = at + method + 2;
	s->part = s->first;
	s->path = s->first;
	s->step = PATH;
	connection->is_http = 1;
	side->lines = 1;
}

/* HTTP/1.1 200 OK */
static inline void read_status_line(struct side *side, struct notes *s, const u8 *p)
{
	if (eight(p) << 8 != TWO_WORDS(0, 'H', 'T', 'T', 'P', '/', '1', '.')) {
		lose(s, MALFORMED);
		return;
	}
	side->status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
	side->lines = 1;
}

static inline void read_first_line(struct connection *connection, struct side *side,
				   struct notes *s, const u8 *p, u64 at, u64 end)
{
	if (s->place == CLIENT)
		read_request_line(connection, side, s, p, at, end);
	else
		read_status_line(side, s, p);
}

/* Content-Length: the value begins at p. */
static inline void read_length(struct side *side, struct notes *s, const u8 *p)
{
	u64 high = eight(p), low = eight(p + 8), letters = letters_in(high), more;

	more = letters == 8 ? letters_in(low) : 0;
	if (!letters || more > 7 || p[(letters + more) & 15] != '\r' ||
	    first_bytes(high & EACH_BYTE(0x40), letters) | first_bytes(low & EACH_BYTE(0x40), more)) {
		lose(s, MALFORMED);
		return;
	}
	high = number_of(high, letters, 10);
	high *= (1 + (more & 1) * 9) * (1 + (more >> 1 & 1) * 99) * (1 + (more >> 2 & 1) * 9999);
	high += number_of(low, more, 10) + 1;
	if (side->length && side->length != high)
		lose(s, AMBIGUOUS);
	side->length = high;
}

static inline void end_request(struct connection *connection, struct side *side, struct notes *s)
{
	u32 waiting = s->count + 1 - connection->answered;

	__builtin_memcpy(s->caller.version, &connection->waiting[s->count & (WAITING - 1)],
			 sizeof(struct call));
	s->column = 0;
	s->has_no_body = !side->length && !side->is_chunked;
	s->count++;
	connection->asked = s->count;
	if (waiting > 1)
		connection->is_pipelined = 1;
	if (waiting > WAITING) {
		connection->sides[SERVER].mode = LOST;
		s->fate = NO_ROOM;
	}
	if (connection->sides[SERVER].mode == LOST)
		connection->answered = connection->asked;
}

static inline void end_answer(struct connection *connection, struct side *side, struct notes *s)
{
	u32 status = side->status, method;

	if (status < 200 && status != 101) {	/* the answer is still to come */
		expect_head(side);
		s->step = SCAN;
		return;
	}
	if (connection->asked == s->count) {
		lose(s, ANSWERS);
		return;
	}
	__builtin_memcpy(s->caller.version, &connection->waiting[s->count & (WAITING - 1)],
			 sizeof(struct call));
	s->count++;
	connection->answered = s->count;
	s->column = status < 300 ? 1 : status / 100 - 1;
	method = four((u8 *)s->caller.method);
	s->has_no_body = status == 204 || status == 304 || method == WORD('H', 'E', 'A', 'D');
	if (status == 101 || (method == WORD('C', 'O', 'N', 'N') && status < 300))
		s->fate = UPGRADED;
}

/* The head was counted: what is behind it? */
static inline void expect_body(struct connection *connection, struct side *side, struct notes *s)
{
	u64 length = side->length;

	s->step = SCAN;
	if (s->fate == UPGRADED) {
		connection->sides[CLIENT].mode = NOT_OURS;
		side->mode = NOT_OURS;
		s->step = DONE;
	} else if (length && side->is_chunked) {
		lose(s, AMBIGUOUS);
	} else if (side->is_chunked && !s->has_no_body) {
		expect_head(side);
		side->mode = CHUNK;
	} else if (!length && !s->has_no_body) {
		side->mode = TO_THE_END;
		s->step = DONE;
	} else {
		expect_head(side);
		if (length > 1 && !s->has_no_body) {
			side->mode = BODY;
			side->left = length - 1;
			s->step = SKIP;
		}
	}
}

/* A header line, of which p[8] is behind NAME: how long the name is, with its colon, if it is that of a
 * version; else 0. */
static inline u64 version_name(u64 name, u64 more)
{
	u64 length = 0;

	if (name == TWO_WORDS('a', 'p', 'i', '-', 'v', 'e', 'r', 's') &&
	    (u32)more == WORD('i', 'o', 'n', ':'))
		length = 12;
	if (name == TWO_WORDS('x', '-', 'a', 'p', 'i', '-', 'v', 'e') &&
	    more << 16 == TWO_WORDS(0, 0, 'r', 's', 'i', 'o', 'n', ':'))
		length = 14;
	if (name == TWO_WORDS('a', 'n', 't', 'h', 'r', 'o', 'p', 'i') &&
	    more == TWO_WORDS('c', '-', 'v', 'e', 'r', 's', 'i', 'o'))
		length = 18;
	return length;
}

/* A line of a head: p is at AT in the buffer, END is where its newline is. */
static inline void read_field(struct connection *connection, struct side *side, struct notes *s,
			      const u8 *p, u64 at, u64 end)
{
	u64 name = eight(p) | SMALL_LETTERS, more = eight(p + 8) | SMALL_LETTERS;

	side->lines++;
	s->value = 0;
	if (p[0] == '\r' || p[0] == '\n') {
		s->step = COUNT;
		if (s->place == CLIENT)
			end_request(connection, side, s);
		else
			end_answer(connection, side, s);
	} else if (name == TWO_WORDS('c', 'o', 'n', 't', 'e', 'n', 't', '-')) {
		if (more << 8 == TWO_WORDS(0, 'l', 'e', 'n', 'g', 't', 'h', ':'))
			read_length(side, s, p + 15 + (p[15] == ' '));
	} else if (name == TWO_WORDS('t', 'r', 'a', 'n', 's', 'f', 'e', 'r')) {
		side->is_chunked = 1;
	} else if (s->place == CLIENT) {
		s->value = version_name(name, more);
	}
	FORGET();
	at += s->value;
	if (s->value && at < end) {
		at += s->buffer[at & (BUFFER - 1)] == ' ';
		offer(s, at, end - at - 1, 3);
	}
}

static inline void read_chunk(struct side *side, struct notes *s, const u8 *p)
{
	u64 word = eight(p), letters = letters_in(word);

	side->left = number_of(word, letters, 16);
	if (!letters || letters > 7) {
		lose(s, MALFORMED);
	} else if (side->left) {
		side->left += 2;	/* CR and newline behind it */
		s->step = SKIP;
	} else {
		side->mode = TRAILER;
	}
}

/* The line at hand ends with the newline at END. */
static inline void read_line(struct connection *connection, struct side *side, struct notes *s, u64 end)
{
	u64 at = s->line;
	const u8 *p;

	s->line = end + 1;
	COMPARED(at);
	if (at >= BUFFER)
		return;
	p = s->buffer + at;
	if (side->is_long) {
		side->is_long = 0;
	} else if (side->mode == CHUNK) {
		read_chunk(side, s, p);
	} else if (side->mode == TRAILER) {
		if (p[0] == '\r' || p[0] == '\n')
			expect_head(side);
	} else if (side->lines) {
		read_field(connection, side, s, p, at, end);
	} else if (p[0] != '\r') {	/* an empty line may come between messages */
		read_first_line(connection, side, s, p, at, end);
	}
}

/* --- steps */

/* To the next newline, which is at s->at then, or to where the buffer has no more. */
static inline void find_newline(struct notes *s)
{
	for (u32 i = 0; i < WORDS; i++) {
		u64 at, newline;

		FORGET();
		at = s->at;
		COMPARED(at);
		if (at >= BUFFER || at >= s->fill)
			break;
		newline = zeros_in(eight(s->buffer + at) ^ EACH_BYTE('\n'));
		if (newline) {
			s->at = at + before_zero(newline);
			s->is_newline = 1;
			break;
		}
		s->at = at + 8;
	}
}

static inline void scan(struct connection *connection, struct side *side, struct notes *s)
{
	s->is_newline = 0;
	find_newline(s);
	FORGET();
	if (s->at >= s->fill)
		s->step = READ;
	else if (s->is_newline)
		read_line(connection, side, s, s->at++);
}

/* Fills the buffer, from the beginning of the line at hand on. */
static inline void read_more(struct __sk_buff *skb, struct connection *connection, struct side *side,
			     struct notes *s)
{
	u64 begun = s->fill - s->line, fill = s->fill, size = s->left;

	s->step = SCAN;
	if (!size) {
		side->kept = begun;
		s->step = DONE;
		return;
	}
	if (s->line) {
		s->offset -= begun;
		size += begun;
		s->at = begun;
		fill = 0;
	} else if (fill >= BUFFER) {	/* the line is longer */
		if (!side->is_long) {
			side->is_long = 1;
			if (side->mode == CHUNK)
				lose(s, MALFORMED);
			else if (side->mode == HEAD && !side->lines)
				read_first_line(connection, side, s, s->buffer, 0, BUFFER);
			return;
		}
		s->at = 0;
		fill = 0;
	} else {
		s->at = fill;
	}
	s->line = 0;
	s->left = size;
	if (size > BUFFER - fill)
		size = BUFFER - fill;
	s->left -= size;
	s->fill = fill + size;
	if (bpf_skb_load_bytes(skb, s->offset, s->buffer + (fill & (BUFFER - 1)),
			       cursor_size(size, BUFFER)) < 0)
		lose(s, GAP);
	s->offset += size;
}

static inline void skip(struct side *side, struct notes *s)
{
	u64 here = s->fill - s->line, length = side->left;

	s->step = SCAN;
	if (length <= here) {
		s->line += length;
		s->at = s->line;
		side->left = 0;
	} else {
		length -= here;
		if (length > s->left)
			length = s->left;
		s->offset += length;
		s->left -= length;
		side->left -= length + here;
		s->fill = 0;
		s->line = 0;
		s->at = 0;
		if (side->left) {
			s->step = DONE;
			return;
		}
	}
	if (side->mode == BODY)
		expect_head(side);
}

static inline void count(struct notes *s)
{
	struct calls zero = { .first = s->now }, *calls;
	u64 column = s->column;

	s->step = EXPECT;
	calls = versions.lookup_or_try_init(&s->caller, &zero);
	COMPARED(column);
	if (!calls || column > 4)
		return;
	lock_xadd(&calls->requests + column, 1);
	if (!column)
		calls->last = s->now;
}

/* Keeps the line that goes on in the next segment, and counts what was not read. */
static inline int finish(struct connection *connection, struct notes *s)
{
	struct side *side = side_of(connection, s->place);
	u64 line = s->line;

	COMPARED(line);
	*side = s->side;
	if (s->is_lost) {
		lose_side(connection, side);
	} else if (side->kept && line <= BUFFER) {
		s->part_of.ends = s->ends;
		s->part_of.place = s->place;
		partials.update(&s->part_of, (struct partial *)(s->buffer + line));
	}
	if (s->fate)
		leave_out(&s->caller, s->fate, 1, s->left + s->fill - s->line, s->now);
	return TC_ACT_UNSPEC;
}

int walk(struct __sk_buff *skb)
{
	struct connection *connection;
	struct side *side;
	struct notes *s;
	u32 first = 0;

	s = notebook.lookup(&first);
	if (!s)
		return TC_ACT_UNSPEC;
	connection = connections.lookup(&s->ends);
	if (!connection)
		return TC_ACT_UNSPEC;
	side = &s->side;
	for (u32 i = 0; i < STEPS; i++) {
		FORGET();
		if (s->step == SCAN)
			scan(connection, side, s);
		else if (s->step == READ)
			read_more(skb, connection, side, s);
		else if (s->step == PATH)
			walk_path(side, s);
		else if (s->step == QUERY)
			walk_query(s);
		else if (s->step == TAKE_VERSION)
			take_version(connection, side, s);
		else if (s->step == COUNT)
			count(s);
		else if (s->step == EXPECT)
			expect_body(connection, side, s);
		else if (s->step == SKIP)
			skip(side, s);
		else
			break;
	}
	if (s->step != DONE) {
		steps.call(skb, WALK);
		lose(s, NO_ROOM);
	}
	return finish(connection, s);
}

/* --- segments */

/* A connection that nothing is known of. */
static inline struct connection *begin(struct __sk_buff *skb, struct notes *s, u32 is_high,
				       const struct ip_packet *ip, const struct tcp_segment *segment)
{
	struct connection *connection, *fresh;
	u32 first = 0;

	if (segment->payload < HTTP_BEGINNING ||
	    bpf_skb_load_bytes(skb, s->offset, s->buffer, HTTP_BEGINNING) < 0)
		return NULL;
	s->caller.client = ip->source;
	s->caller.port = bpf_ntohs(segment->destination);
	if (is_client_hello(s->buffer))
		leave_out(&s->caller, TLS, 1, s->left, s->now);
	if (is_http_2(s->buffer))
		leave_out(&s->caller, HTTP_2, 1, s->left, s->now);
	if (http_begins(s->buffer) != HTTP_REQUEST)
		return NULL;
	fresh = empty.lookup(&first);
	if (!fresh)
		return NULL;
	connection = connections.lookup_or_try_init(&s->ends, fresh);
	if (connection) {
		connection->client_is_high = is_high;
		connection->sides[SERVER].next = segment->acknowledged;
		connection->sides[SERVER].is_known = 1;
	}
	return connection;
}

/* A packet is missing, or this one comes too early: in a body that matters to nobody. */
static inline void leap(struct connection *connection, struct notes *s, u32 ahead)
{
	struct side *side = &s->side;

	if (side->mode == LOST || side->mode == NOT_OURS || side->mode == TO_THE_END)
		return;
	if (side->left >= ahead) {
		side->left -= ahead;
		if (!side->left && side->mode == BODY)
			expect_head(side);
		return;
	}
	lose_side(connection, side);
	leave_out(&s->caller, GAP, 1, ahead, s->now);
}

/* Whether the thread is taken up again here. */
static inline int is_found(struct __sk_buff *skb, struct notes *s)
{
	if (s->place == CLIENT && s->left >= HTTP_BEGINNING &&
	    bpf_skb_load_bytes(skb, s->offset, s->buffer, HTTP_BEGINNING) == 0 &&
	    http_begins(s->buffer) == HTTP_REQUEST) {
		expect_head(&s->side);
		return 1;
	}
	leave_out(&s->caller, s->place == CLIENT ? GAP : ANSWERS, s->place == SERVER, s->left, s->now);
	return 0;
}

static inline void restore(struct side *side, struct notes *s)
{
	struct partial *partial;

	s->part_of.ends = s->ends;
	s->part_of.place = s->place;
	partial = partials.lookup(&s->part_of);
	if (partial)
		__builtin_memcpy(s->buffer, partial, sizeof(*partial));
	else	/* nothing can be told from the rest of the line */
		side->is_long = 1;
	s->fill = side->kept;
	side->kept = 0;
}

/* Whether there is something to walk over. */
static inline int is_to_walk(struct __sk_buff *skb, struct connection *connection, struct notes *s)
{
	struct side *side = &s->side, *server = &connection->sides[SERVER];
	s32 ahead = side->is_known ? tcp_distance(side->next, s->sequence) : 0;

	if (ahead < 0 && (u32)-ahead >= s->left)	/* again */
		return 0;
	side->is_known = 1;
	side->next = s->sequence + s->left;
	if (ahead < 0) {
		s->offset += -ahead;
		s->left -= -ahead;
	} else if (ahead > 0) {
		leap(connection, s, ahead);
	}
	if (s->place == CLIENT && server->mode == LOST && !connection->is_pipelined &&
	    s->acknowledged == server->next) {
		expect_head(server);
		connection->answered = connection->asked;
	}
	if (side->mode == NOT_OURS || side->mode == TO_THE_END ||
	    (side->mode == LOST && !is_found(skb, s)))
		return 0;
	if (side->left <= s->left)
		return 1;
	side->left -= s->left;
	return 0;
}

/* The segment of a connection that is known. */
int follow(struct __sk_buff *skb)
{
	struct connection *connection;
	struct notes *s;
	u32 first = 0;

	s = notebook.lookup(&first);
	if (!s)
		return TC_ACT_UNSPEC;
	connection = connections.lookup(&s->ends);
	if (!connection)
		return TC_ACT_UNSPEC;
	s->side = *side_of(connection, s->place);
	if (!is_to_walk(skb, connection, s)) {
		*side_of(connection, s->place) = s->side;
		return TC_ACT_UNSPEC;
	}
	s->count = s->place == SERVER ? connection->answered : connection->asked;
	s->fate = NOTHING;
	s->is_lost = 0;
	s->fill = 0;
	s->line = 0;
	if (s->side.kept)
		restore(&s->side, s);
	s->at = s->fill;
	s->step = s->side.left ? SKIP : READ;
	steps.call(skb, WALK);
	return TC_ACT_UNSPEC;
}

static inline int observe(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct connection *connection;
	struct tcp_segment segment;
	struct ip_packet ip = {};
	u32 first = 0, is_high;
	struct notes *s;

	if (read_tcp(&cursor, &ip, &segment) != TCP_READ ||
	    (!segment.payload && !tcp_is_opening(segment.flags)))
		return TC_ACT_UNSPEC;
	s = notebook.lookup(&first);
	if (!s)
		return TC_ACT_UNSPEC;
	is_high = order_ends(&ip, &segment, &s->ends);
	if (tcp_is_opening(segment.flags)) {
		connections.delete(&s->ends);
		return TC_ACT_UNSPEC;
	}
	s->now = bpf_ktime_get_ns();
	s->offset = link_length(skb) + cursor.at;
	s->left = segment.payload;
	s->sequence = segment.sequence;
	s->acknowledged = segment.acknowledged;
	connection = connections.lookup(&s->ends);
	if (!connection)
		connection = begin(skb, s, is_high, &ip, &segment);
	if (!connection)
		return TC_ACT_UNSPEC;
	s->place = is_high == connection->client_is_high ? CLIENT : SERVER;
	s->caller.client = s->place == CLIENT ? ip.source : ip.destination;
	s->caller.port = bpf_ntohs(s->place == CLIENT ? segment.destination : segment.source);
	steps.call(skb, FOLLOW);
	return TC_ACT_UNSPEC;
}

int received(struct __sk_buff *skb)
{
	return is_copy(skb) ? TC_ACT_UNSPEC : observe(skb);
}

int sent(struct __sk_buff *skb)
{
	return comes_back(skb) ? TC_ACT_UNSPEC : observe(skb);
}
