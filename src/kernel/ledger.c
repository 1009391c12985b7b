/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of clsact filters. */
#include "kernel/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/private_dir.h"
#include "base/text.h"
#include "model/names.h"

#define STAGE SKBSCOPE_STAGE_ATTACH
#define ENTRY_MAX_BYTES 4096
#define LOCK_TRIES 500
#define LOCK_PAUSE_NS 10000000L
#define LOCK ".lock"
#define TEMPORARY ".new-"

struct ledger {
	int directory, lock;
};

/* The lock is a file that nobody else can open: whoever can open the directory could
 * lock that. A holder is done in milliseconds; one that was stopped must not stop everyone,
 * and is waited for once, however many hooks there are to detach from. */
static int lock(int directory)
{
	static int patience = LOCK_TRIES;
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	AUTO(closep)
	int fd = openat(directory, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);

	if (fd < 0)
		return -errno;
	for (int tries = 0; tries < patience; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			patience = LOCK_TRIES;
			return TAKE_FD(fd);
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		nanosleep(&pause, NULL);
	}
	patience = 1;
	return -ETIMEDOUT;
}

int ledger_open(const char *directory, struct ledger **out, struct skbscope_error *error)
{
	AUTO(ledger_closep) struct ledger *ledger = calloc(1, sizeof(*ledger));
	int r;

	if (!ledger)
		return fail_memory(error, STAGE);
	ledger->lock = -1;
	ledger->directory = r = private_dir_open(directory, 0755);
	/* What it says is acted upon with privilege. */
	if (r == -EPERM)
		return hint(error,
			    fail(error, EPERM, STAGE,
				 "'%s' is writable by other users, so it cannot be trusted",
				 directory),
			    "remove it, or: chown 0 %s && chmod go-w %s", directory, directory);
	if (r == -ENOTDIR)
		return hint(error,
			    fail(error, ENOTDIR, STAGE,
				 "'%s', where filters are recorded, is no directory", directory),
			    "remove it");
	if (r < 0)
		return hint(error,
			    fail_errno(error, r, STAGE,
				       "cannot open '%s', where filters are recorded so that a "
				       "crash cannot leave one behind",
				       directory),
			    "it belongs to root; use sudo, or a kernel with tcx");
	ledger->lock = r = lock(ledger->directory);
	if (r == -EACCES)
		return hint(error,
			    fail(error, r, STAGE, "'%s' is another user's to lock", directory),
			    "it belongs to root; use sudo");
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot lock '%s/" LOCK "'", directory);
	*out = TAKE(ledger);
	return 0;
}

void ledger_closep(struct ledger **ledger)
{
	if (*ledger) {
		closep(&(*ledger)->lock);
		closep(&(*ledger)->directory);
	}
	free(TAKE(*ledger));
}

static int pid_namespace(uint64_t *out)
{
	struct stat status;

	if (stat("/proc/self/ns/pid", &status) < 0)
		return -errno;
	*out = status.st_ino;
	return 0;
}

/* Field 22 of /proc/PID/stat; the command in field 2 may hold blanks and
 * parentheses, so count from its last one. A zombie has ended, whoever has yet to
 * hear of it: -ESRCH. */
static int start_time(uint32_t pid, uint64_t *out)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char *at;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	r = read_file(path, ENTRY_MAX_BYTES, &text);
	if (r < 0)
		return r;
	at = strrchr(buffer_text(&text), ')');
	if (at && at[1] == ' ' && strchr("ZX", at[2]))
		return -ESRCH;
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at || sscanf(at, "%" SCNu64, out) != 1)
		return -EBADMSG;
	return 0;
}

int ledger_owner_self(struct ledger_owner *out)
{
	int r;

	memset(out, 0, sizeof(*out));
	out->pid = (uint32_t)getpid();
	r = pid_namespace(&out->pid_namespace);
	return r < 0 ? r : start_time(out->pid, &out->start);
}

int ledger_owner_lives(const struct ledger_owner *owner)
{
	uint64_t here, start;
	int r;

	if (pid_namespace(&here) < 0 || here != owner->pid_namespace)
		return -EXDEV;
	r = start_time(owner->pid, &start);
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	return r < 0 || start == owner->start;
}

bool ledger_same_owner(const struct ledger_owner *a, const struct ledger_owner *b)
{
	return a->pid == b->pid && a->start == b->start && a->pid_namespace == b->pid_namespace;
}

bool ledger_same_interface(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return a->ifindex == b->ifindex && netns_same(&a->netns, &b->netns);
}

bool ledger_same_filter(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return ledger_same_interface(a, b) && a->direction == b->direction &&
	       a->priority == b->priority && a->handle == b->handle;
}

static void file_name(const struct ledger_entry *entry, char *out, size_t size)
{
	snprintf(out, size, "%" PRIx64 "-%u-%s-%u-%x", entry->netns.inode, entry->ifindex,
		 direction_name(entry->direction), entry->priority, entry->handle);
}

static const char *const qdisc_words[] = {
	[QDISC_FOUND] = "found",
	[QDISC_ADDED] = "added",
	[QDISC_CHANGING] = "changing",
};

static void format(const struct ledger_entry *entry, struct buffer *out)
{
	buffer_printf(out,
		      "pid %u\nstart %" PRIu64 "\npid_namespace %" PRIu64 "\nnetns_device %" PRIu64
		      "\nnetns_inode %" PRIu64 "\nnetns_cookie %" PRIu64
		      "\nifindex %u\ninterface %s\ndirection %s\npriority %u\nhandle %u\n"
		      "program_id %u\nname %s\nqdisc %s\n",
		      entry->owner.pid, entry->owner.start, entry->owner.pid_namespace,
		      entry->netns.device, entry->netns.inode, entry->netns.cookie, entry->ifindex,
		      entry->interface, direction_name(entry->direction), entry->priority,
		      entry->handle, entry->program_id, entry->name, qdisc_words[entry->qdisc]);
	if (entry->netns_path.path[0])
		buffer_printf(out, "netns_path %s\n", entry->netns_path.path);
	if (entry->next_program_id)
		buffer_printf(out, "next_program_id %u\nnext_name %s\n", entry->next_program_id,
			      entry->next_name);
	buffer_string(out, "end\n");
}

int ledger_write(struct ledger *ledger, const struct ledger_entry *entry)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	char name[128], temporary[32];

	format(entry, &text);
	if (text.failed)
		return -ENOMEM;
	file_name(entry, name, sizeof(name));
	snprintf(temporary, sizeof(temporary), TEMPORARY "%d", (int)getpid());
	return private_dir_write(ledger->directory, name, temporary, &text);
}

struct field {
	const char *key;
	uint64_t *value;
	uint64_t largest;
};

static bool parse_number(const struct field *fields, size_t count, const char *key,
			 const char *value, unsigned *seen)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].key, key) == 0) {
			*seen |= 1u << i;
			return text_number(value, fields[i].value) &&
			       *fields[i].value <= fields[i].largest;
		}
	return false;
}

static enum ledger_qdisc parse_qdisc(const char *word)
{
	for (size_t i = 0; i < sizeof(qdisc_words) / sizeof(*qdisc_words); i++)
		if (strcmp(qdisc_words[i], word) == 0)
			return (enum ledger_qdisc)i;
	return QDISC_FOUND;
}

static bool parse_word(struct ledger_entry *entry, const char *key, const char *value)
{
	if (strcmp(key, "interface") == 0 && strlen(value) < sizeof(entry->interface))
		strcpy(entry->interface, value);
	else if (strcmp(key, "name") == 0 && strlen(value) < sizeof(entry->name))
		strcpy(entry->name, value);
	else if (strcmp(key, "next_name") == 0 && strlen(value) < sizeof(entry->next_name))
		strcpy(entry->next_name, value);
	else if (strcmp(key, "direction") == 0)
		entry->direction =
			strcmp(value, "ingress") == 0 ? SKBSCOPE_INGRESS : SKBSCOPE_EGRESS;
	else if (strcmp(key, "netns_path") == 0 && strlen(value) < sizeof(entry->netns_path.path))
		strcpy(entry->netns_path.path, value);
	else if (strcmp(key, "qdisc") == 0)
		entry->qdisc = parse_qdisc(value);
	else
		return false;
	return true;
}

/* False unless it is whole: every number (the next program's is only there during a
 * swap), a name, the last line. */
static bool parse(char *text, struct ledger_entry *entry)
{
	uint64_t pid = 0, ifindex = 0, priority = 0, handle = 0, program_id = 0, next = 0;
	const struct field fields[] = {
		{ "pid", &pid, UINT32_MAX },
		{ "start", &entry->owner.start, UINT64_MAX },
		{ "pid_namespace", &entry->owner.pid_namespace, UINT64_MAX },
		{ "netns_device", &entry->netns.device, UINT64_MAX },
		{ "netns_inode", &entry->netns.inode, UINT64_MAX },
		{ "netns_cookie", &entry->netns.cookie, UINT64_MAX },
		{ "ifindex", &ifindex, UINT32_MAX },
		{ "priority", &priority, UINT16_MAX },
		{ "handle", &handle, UINT32_MAX },
		{ "program_id", &program_id, UINT32_MAX },
		{ "next_program_id", &next, UINT32_MAX },
	};
	const size_t count = sizeof(fields) / sizeof(*fields), required = count - 1;
	char *rest = NULL, *line;
	unsigned seen = 0;

	memset(entry, 0, sizeof(*entry));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *value = strchr(line, ' ');

		if (!value)
			break;
		*value++ = '\0';
		if (!parse_number(fields, count, line, value, &seen) &&
		    !parse_word(entry, line, value))
			return false;
	}
	seen &= (1u << required) - 1;
	if (!line || strcmp(line, "end") != 0 || seen != (1u << required) - 1 || !entry->name[0])
		return false;
	entry->owner.pid = (uint32_t)pid;
	entry->ifindex = (uint32_t)ifindex;
	entry->priority = (uint16_t)priority;
	entry->handle = (uint32_t)handle;
	entry->program_id = (uint32_t)program_id;
	entry->next_program_id = (uint32_t)next;
	return true;
}

static bool read_entry(const struct ledger *ledger, const char *name, struct ledger_entry *entry)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	return private_dir_read(ledger->directory, name, ENTRY_MAX_BYTES, &text) == 0 &&
	       text.length && parse(text.data, entry);
}

/* The kernel gives the number of a namespace that is gone to the next one: under the name of
 * an entry there may be another's by now. */
static bool is_record_of(const struct ledger_entry *found, const struct ledger_entry *entry)
{
	return ledger_same_filter(found, entry) && ledger_same_owner(&found->owner, &entry->owner);
}

void ledger_reload(struct ledger *ledger, struct ledger_entry *entry)
{
	struct ledger_entry found;
	char name[128];

	file_name(entry, name, sizeof(name));
	if (read_entry(ledger, name, &found) && is_record_of(&found, entry))
		*entry = found;
}

int ledger_remove(struct ledger *ledger, const struct ledger_entry *entry)
{
	struct ledger_entry found;
	char name[128];

	file_name(entry, name, sizeof(name));
	if (read_entry(ledger, name, &found) && !is_record_of(&found, entry))
		return -ENOENT;
	return unlinkat(ledger->directory, name, 0) < 0 ? -errno : 0;
}

int ledger_list(struct ledger *ledger, struct ledger_entry **out, size_t *count)
{
	AUTO(buffer_free) struct buffer found = { 0 };
	AUTO(closedirp) DIR *directory = NULL;
	AUTO(closep) int fd = openat(ledger->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *file;

	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return -errno;
	fd = -1; /* the stream's now */
	while ((file = readdir(directory))) {
		struct ledger_entry entry;

		/* We hold the lock: whoever wrote it has died. */
		if (strncmp(file->d_name, TEMPORARY, strlen(TEMPORARY)) == 0)
			unlinkat(ledger->directory, file->d_name, 0);
		else if (file->d_name[0] != '.' && read_entry(ledger, file->d_name, &entry))
			buffer_append(&found, &entry, sizeof(entry));
	}
	if (found.failed)
		return -ENOMEM;
	*count = found.length / sizeof(struct ledger_entry);
	*out = (struct ledger_entry *)(void *)TAKE(found.data);
	return 0;
}
