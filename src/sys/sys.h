/* sys.h - what respin needs of the operating system: files, processes, clock, digests, terminal
 * and modules loaded on demand. It knows nothing of packages or builds.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_SYS_H
#define RESPIN_SYS_H

#include <sys/types.h>

#include "base/base.h"

/* ---- errors --------------------------------------------------------------------------- */

/* fail() with the words of errno appended: "open x: No such file or directory".
 * The code is E_ABSENT for ENOENT and E_IO for all else. */
bool fail_errno(struct err *e, const char *fmt, ...) CHECK_FMT(2, 3);

/* ---- files ---------------------------------------------------------------------------- */

void close_fd(int *fd);	       /* for defer(); -1 is fine */
void free_memory(void *place); /* for defer(): frees *(void **)PLACE, from libraries' malloc */

/* The whole file, NUL-terminated behind its end. E_INPUT where it is larger than LIMIT bytes. */
MUST_CHECK bool file_read(
	struct arena *a, const char *path, size_t limit, struct str *out, struct err *e);
/* Replaces PATH by BYTES as one step: a temporary file beside it, fsync, rename, fsync of the
 * folder. Whoever reads sees the old file or the new one, also after a crash. Of MODE the umask
 * that the program was started with is taken off, as open(2) does. */
MUST_CHECK bool file_write(const char *path, struct str bytes, mode_t mode, struct err *e);
/* The same for what can be made again (caches): without fsync. */
MUST_CHECK bool file_write_cache(const char *path, struct str bytes, mode_t mode, struct err *e);
/* The same with the folders above it. Where it can't be kept, so that it is made again each time,
 * that is one warning for the whole run of the program. */
void file_keep_cache(const char *path, struct str bytes);
/* Makes the folder PATH and those above it; fine where it is there already. */
MUST_CHECK bool dir_make(const char *path, struct err *e);
/* A new empty folder "PREFIXxxxxxx"; the name is in the arena. */
MUST_CHECK bool dir_make_temp(struct arena *a, const char *prefix, const char **out, struct err *e);
/* Names in the folder without "." and "..", sorted by bytes. */
MUST_CHECK bool dir_list(struct arena *a, const char *path, strings *out, struct err *e);
/* Removes PATH and everything below; never follows a link. Fine where there is nothing. */
MUST_CHECK bool tree_remove(const char *path, struct err *e);
/* Copies regular files, folders and links below FROM into the new folder TO. A name equal to SKIP
 * (or NULL) is left out at every level. */
MUST_CHECK bool tree_copy(const char *from, const char *to, const char *skip, struct err *e);
/* Every regular file and link below ROOT as a path relative to ROOT, sorted by bytes.
 * Folders and files named SKIP (or NULL) are left out. */
MUST_CHECK bool tree_list(
	struct arena *a, const char *root, const char *skip, strings *out, struct err *e);
bool file_exists(const char *path); /* of any kind, links not followed */
bool dir_exists(const char *path);
/* PATH made absolute and free of links, in the arena. */
MUST_CHECK bool path_real(struct arena *a, const char *path, const char **out, struct err *e);
/* The part behind the last slash. */
const char *path_base(const char *path);
/* The part before the last slash, "." where there is none. */
const char *path_dir(struct arena *a, const char *path);

/* A file's identity in time: two equal stamps mean the same bytes, but for a file that was
 * changed within the clock's granularity of being read (see stamp_is_safe). */
struct stamp {
	int64_t mtime_ns, ctime_ns;
	uint64_t size, inode;
	uint32_t mode;
};
/* False where PATH can't be stat-ed (missing, say). Follows links. */
bool file_stamp(const char *path, struct stamp *out);
/* The same for PATH relative to the open folder DIR. */
bool file_stamp_at(int dir, const char *path, struct stamp *out);
/* The same, but of a link itself. */
bool link_stamp_at(int dir, const char *path, struct stamp *out);
bool stamp_eq(const struct stamp *a, const struct stamp *b);
/* True where a file with this stamp, read at wall-clock time READ_NS, can't have changed since
 * without its stamp changing too. */
bool stamp_is_safe(const struct stamp *s, int64_t read_ns);

/* Is PATH still as STAMP says, which was taken at wall-clock time READ_NS? Of mode 0 it says that
 * nothing is there. */
bool stamp_holds(const struct stamp *s, const char *path, int64_t read_ns);

/* Takes the exclusive lock on the file PATH (made if missing); *FD holds it until closed.
 * Waits; calls WAITING(ctx) once before it does, if not NULL. */
MUST_CHECK bool file_lock(
	const char *path, void (*waiting)(void *ctx), void *ctx, int *fd, struct err *e);

/* ---- files of records that are mapped ------------------------------------------------- */

/* The bytes of the file PATH, mapped to be read; empty (p NULL) where it can't be. */
struct str file_map(const char *path);
void file_unmap(struct str bytes); /* nothing where p is NULL */

/* A header, which begins with MAGIC and the size of the whole file in bytes (uint64_t), and then
 * sections of records; the last is text, which ends with a NUL. */
struct records_format {
	const char *magic;   /* 8 bytes */
	size_t header;	     /* bytes of it */
	size_t counts;	     /* offset in it: uint32_t for each section, of its records */
	size_t sections;     /* how many */
	const size_t *sizes; /* of a record, for each */
};
/* Where each section begins; false where BYTES don't have this format. What the records say is not
 * looked at. */
bool records_find(const struct records_format *f, struct str bytes, const char **at);
/* Of the N records of LIST, sorted by their names, those called NAME: how many, and the first. */
typedef const char *record_name(const void *list, size_t i);
size_t records_named(
	const void *list, size_t n, record_name *name_of, struct str name, size_t *first);

/* A number that other bytes hardly have, at some GB/s: for what was damaged, not for what somebody
 * made up. */
uint64_t records_sum(struct str bytes);

/* ---- digests -------------------------------------------------------------------------- */

/* SHA-256 (FIPS 180-4), by nettle. */
struct digest {
	uint8_t b[32];
};
/* Checksums that others publish. */
enum hash_kind { HASH_SHA256, HASH_SHA512, HASH_MD5 };
struct hasher {
	enum hash_kind kind;
	union {
		uint64_t align;
		unsigned char state[256];
	} u;
};
void hash_start(struct hasher *h);
void hash_add(struct hasher *h, struct str bytes);
struct digest hash_end(struct hasher *h);
/* The same for another kind; what comes of it as hexadecimal digits. */
void hash_start_as(struct hasher *h, enum hash_kind kind);
const char *hash_end_hex(struct arena *a, struct hasher *h);
const char *hash_kind_name(enum hash_kind kind); /* "sha512" */
struct digest hash_bytes(struct str bytes);
MUST_CHECK bool hash_file(const char *path, struct digest *out, struct err *e);
bool digest_eq(const struct digest *a, const struct digest *b);
/* 64 lower-case hexadecimal digits. */
const char *digest_hex(struct arena *a, const struct digest *d);
/* False on anything but 64 hexadecimal digits. */
bool digest_parse(struct str hex, struct digest *out);

/* Git's id of an object of TYPE ("blob", "tree"): SHA-1 over a header and the bytes, as 40
 * hexadecimal digits. It names things as git does; it proves nothing, as SHA-256 does. */
void hash_git(const char *type, struct str bytes, char hex[41]);

/* ---- clock ---------------------------------------------------------------------------- */

int64_t clock_ns(void);	     /* monotonic nanoseconds, for differences */
int64_t clock_wall_ns(void); /* nanoseconds since 1970 */
/* "2026-11-23T08:37:03Z" */
const char *clock_text(struct arena *a, int64_t wall_ns);

/* ---- processes ------------------------------------------------------------------------ */

/* A program to run. Zero-initialise; argv[0] is looked up in PATH. */
struct command {
	const char *const *argv; /* ends with NULL */
	const char *program;	 /* the file to run; NULL: argv[0] */
	const char *dir;	 /* working folder, or NULL for ours */
	const char *const *env;	 /* whole environment, ends with NULL; NULL for ours */
	struct str input;	 /* standard input; empty means /dev/null */
	int timeout_ms;		 /* 0: none. Beyond it: TERM, a second later KILL */
	size_t output_limit;	 /* 0: 16 MiB; what is beyond is dropped */
	bool split;		 /* standard error apart instead of with standard output */
	bool on_terminal;	 /* in our own process group, with our standard input */
	bool own_job;		 /* on_terminal, but a group of its own, made the foreground */
	bool own_output;	 /* to our standard output and error, not to pipes */
	bool tty; /* to a terminal of its own, so that libraries keep nothing back; not split */
	const int *keep_fds; /* descriptors that it inherits ... */
	size_t keep_count;   /* ... so many */
	int network;	     /* descriptor of the network namespace it runs in; 0: ours */
};
struct outcome {
	int exit_code; /* of the program; 128 + signal where a signal ended it */
	bool timed_out;
	bool cut; /* there was more output than output_limit */
	struct str output, errors;
	int64_t ns; /* wall time */
};
/* Runs C to its end in a process group of its own, which a signal to us ends too.
 * True where it ran at all, whatever its exit status. E_ABSENT: no such program. */
MUST_CHECK bool command_run(
	struct arena *a, const struct command *c, struct outcome *out, struct err *e);
/* The same, and E_CHILD with its last lines of output where it did not exit with 0. */
MUST_CHECK bool command_must(
	struct arena *a, const struct command *c, struct outcome *out, struct err *e);
/* "exited with status 2", "was ended by SIGSEGV", "took longer than 5 s" */
const char *outcome_words(struct arena *a, const struct outcome *o);
/* ARGV as a line for a shell. */
const char *command_line(struct arena *a, const char *const *argv);
/* First match in PATH, NULL where there is none. */
const char *program_find(struct arena *a, const char *name);

/* Several programs at once. Outcomes arrive in the order in which programs end. */
struct pool;
/* Room for JOBS programs at a time. */
struct pool *pool_new(struct arena *a, int jobs);
bool pool_has_room(const struct pool *p);
bool pool_is_idle(const struct pool *p);
/* Starts C; its outcome comes with TAG. Output lives in ARENA. */
MUST_CHECK bool pool_start(
	struct pool *p, struct arena *a, const struct command *c, void *tag, struct err *e);
/* Waits for one to end. E_INTERRUPTED after ^C or SIGTERM: all of them are ended by then. */
MUST_CHECK bool pool_wait(struct pool *p, void **tag, struct outcome *out, struct err *e);
/* Ends those that still run (TERM, then KILL) and waits for them. */
void pool_stop(struct pool *p);

/* One program in a poll loop of the caller's own. */
struct process {
	struct process *next;
	void *tag;
	pid_t pid;
	int pidfd;	    /* readable once it ended */
	int out_fd, err_fd; /* readable when there is output; -1 after its end */
	struct text out, err;
	size_t limit;
	bool cut, timed_out, killed, on_terminal;
	int64_t started_ns;
	int64_t deadline_ns; /* 0: none */
};
/* Starts C. The text of its output grows in A. */
MUST_CHECK bool process_start(
	struct arena *a, const struct command *c, struct process *out, struct err *e);
/* Takes what its pipes hold now. */
void process_drain(struct process *p);
/* TERM to its group; the second call sends KILL. */
void process_signal(struct process *p);
/* After its pidfd became readable: collects the status and closes everything. */
void process_finish(struct process *p, struct outcome *out);

/* ^C, SIGTERM and SIGHUP set a flag that waits above look at; a second one ends us at once. */
void signals_catch(void);
bool signals_pending(void);
/* While a program on the terminal has ^C and ^\ for itself (OURS false), neither does anything to
 * us. */
void signals_interrupt(bool ours);
/* A descriptor that becomes readable when the flag is set: for poll loops. */
int signals_fd(void);

/* Processors that we may use. */
int cpu_count(void);

/* ---- modules loaded on demand --------------------------------------------------------- */

/* The table that build/respin-NAME.so (beside the program, or ../lib/respin) exports under the
 * name "respin_NAME". libgit2, libcurl and libarchive cost 5 ms of every start, so the modules
 * that use them are loaded by the first command that needs them. */
MUST_CHECK bool module_load(const char *name, const void **table, struct err *e);
/* The folder of the running program. */
MUST_CHECK bool program_dir(struct arena *a, const char **out, struct err *e);

/* ---- terminal ------------------------------------------------------------------------- */

/* All of respin's output goes through here and cmd/. Answers go to standard output, the rest to
 * standard error. Colours and the moving progress line only on a terminal and without NO_COLOR. */
enum tint { TINT_NONE, TINT_BOLD, TINT_DIM, TINT_GREEN, TINT_RED, TINT_YELLOW, TINT_BLUE };
void term_init(bool quiet, int verbose, bool json);
bool term_is_verbose(void);
bool term_is_json(void);
bool term_notes(void); /* are notes shown? */
/* To standard output. */
void term_out(const char *fmt, ...) CHECK_FMT(1, 2);
/* To standard error: a line of progress that stays. Nothing with -q or --json. */
void term_note(const char *fmt, ...) CHECK_FMT(1, 2);
void term_warn(const char *fmt, ...) CHECK_FMT(1, 2);
/* Replaces the progress line (elided to the window's width, at most 10 times a second). */
void term_progress(const char *fmt, ...) CHECK_FMT(1, 2);
void term_progress_end(void);
/* The escape sequences of TINT for standard output, "" where it has no colours. */
const char *term_tint(enum tint t);
const char *term_tint_end(void);
/* Columns of the terminal; 100 where there is none. */
int term_width(void);

#endif
