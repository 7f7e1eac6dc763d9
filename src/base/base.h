/* base.h - the words every module shares: bytes, memory, errors, lists and maps.
 * Compiles freestanding: host programs and unikernel images use the same code.
 * It knows nothing of files, processes or the clock. SPDX-License-Identifier: ISC */
#ifndef RESPIN_BASE_H
#define RESPIN_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define CHECK_FMT(fmt, args) __attribute__((format(printf, fmt, args)))

/* Runs FN(&variable) when the variable goes out of scope, on every way out. */
#define defer(fn) __attribute__((cleanup(fn)))

/* ---- memory --------------------------------------------------------------------------- */

/* All memory with one lifetime. Zero-initialise, allocate, free everything at once.
 * Running out of memory ends the program (base_out_of_memory): no caller checks for NULL. */
struct arena {
	struct arena_block *head;
};

/* SIZE zeroed bytes, aligned for any object, valid until arena_free(). Never NULL. */
void *arena_alloc(struct arena *a, size_t size);
/* COUNT zeroed objects of SIZE bytes; ends the program where the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* Frees everything allocated from A and leaves it ready for use. Fit for defer(). */
void arena_free(struct arena *a);

#define NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define NEW_ARRAY(a, T, n) ((T *)arena_array((a), (n), sizeof(T)))

/* Where arenas get their memory; the host gives malloc and free, an image its page pool. */
void *base_get_memory(size_t size);
void base_put_memory(void *p);
/* Called when base_get_memory() returned NULL; must not return. */
_Noreturn void base_out_of_memory(size_t size);

/* ---- strings -------------------------------------------------------------------------- */

/* Borrowed bytes: never freed through a str, not NUL-terminated unless its maker says so. */
struct str {
	const char *p;
	size_t n;
};

#define S(lit) ((struct str){"" lit, sizeof(lit) - 1})
/* For printf: "%.*s", STR(s). */
#define STR(s) (int)(s).n, (s).p

struct str str_of(const char *z); /* the bytes of a C string; NULL gives the empty str */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *z); /* equal to a C string */
int str_cmp(struct str a, struct str b);  /* byte order; <0, 0, >0 */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first occurrence, or -1. */
ptrdiff_t str_find(struct str s, struct str part);
struct str str_from(struct str s, size_t start); /* s without its first START bytes (clamped) */
struct str str_trim(struct str s);		 /* without white space at both ends */
/* Cuts *REST at the first SEP: the part before is returned, *REST is what follows.
 * Without SEP the whole is returned and *REST becomes empty with p == NULL. */
struct str str_cut(struct str *rest, char sep);
/* Decimal without sign; false on anything else or beyond 64 bits. */
bool str_u64(struct str s, uint64_t *out);
/* The same for hexadecimal with "0x" before it, in lower case. */
bool str_hex(struct str s, uint64_t *out);
/* Edit distance (Levenshtein's) of two words of at most 63 bytes. */
size_t str_distance(struct str a, struct str b);
/* Closest of N words by edit distance, for "did you mean"; NULL where none is close. */
const char *str_nearest(struct str word, const char *const *words, size_t n);

/* Copies with a terminating NUL into the arena. */
char *str_copy(struct arena *a, struct str s);
/* printf into the arena; the result is NUL-terminated. */
char *str_format(struct arena *a, const char *fmt, ...) CHECK_FMT(2, 3);
char *str_vformat(struct arena *a, const char *fmt, va_list ap) CHECK_FMT(2, 0);
/* "dir/name"; an absolute NAME or an empty DIR gives NAME alone. */
char *path_join(struct arena *a, const char *dir, const char *name);

/* A growing text. Zero-initialise with its arena: struct text t = {.a = &arena}.
 * Always NUL-terminated once something was added. */
struct text {
	struct arena *a;
	char *p;
	size_t n, cap;
};

void text_add(struct text *t, struct str s);
void text_addz(struct text *t, const char *z);
void text_addf(struct text *t, const char *fmt, ...) CHECK_FMT(2, 3);
struct str text_str(const struct text *t);

/* ---- lists ---------------------------------------------------------------------------- */

/* VEC(T) declares a growing array of T: struct { T *v; size_t n, cap; }. */
#define VEC(T)                                                                                     \
	struct {                                                                                   \
		T *v;                                                                              \
		size_t n, cap;                                                                     \
	}
/* Appends and evaluates to a pointer to the new, zeroed element (valid until the next one). */
#define vec_add(a, vec)                                                                            \
	((__typeof__((vec)->v))vec_grow(                                                           \
		(a), (void **)&(vec)->v, &(vec)->n, &(vec)->cap, sizeof(*(vec)->v)))
#define vec_push(a, vec, value) (*vec_add((a), (vec)) = (value))
#define vec_for(it, vec)                                                                           \
	for (__typeof__((vec)->v + 0) it = (vec)->v; it && it < (vec)->v + (vec)->n; it++)
void *vec_grow(struct arena *a, void **v, size_t *n, size_t *cap, size_t size);

typedef VEC(const char *) strings; /* the one list type that modules hand to each other */

/* ---- maps ----------------------------------------------------------------------------- */

/* From byte strings to pointers; insertion order is kept. Keys are copied into the arena. */
struct map_entry {
	struct str key;
	void *value;
	uint32_t hash;
};
struct map {
	struct arena *a;
	VEC(struct map_entry) entries; /* in the order of insertion */
	uint32_t *slots;	       /* entry index + 1; 0 is free */
	size_t mask;
};

/* The value's place for KEY: made, holding NULL, if not there. Valid until the next insertion. */
void **map_put(struct map *m, struct str key);
/* The value for KEY, NULL if not there. */
void *map_get(const struct map *m, struct str key);
bool map_has(const struct map *m, struct str key);

/* ---- errors --------------------------------------------------------------------------- */

/* What kind of failure, for the program's decisions and for JSON; the text is for people. */
enum code {
	OK = 0,
	E_USAGE,    /* the caller's words are wrong: exit 2 */
	E_INPUT,    /* a file the user wrote is wrong */
	E_NOTFOUND, /* nothing has the name that was asked for: exit 1 */
	E_ABSENT,   /* a program, device or file that is needed is not there: exit 3 */
	E_IO,
	E_NET,
	E_CHECKSUM,
	E_UNSAFE,      /* input that would do harm: path escape, bomb */
	E_CONFLICT,    /* a patch does not apply, unsaved edits are in the way */
	E_CHILD,       /* a program that we ran failed */
	E_CORRUPT,     /* our own stored data is damaged */
	E_INTERRUPTED, /* ^C or SIGTERM */
	E_BUG
};

/* One failure. No allocation: fits on the stack, is filled where it happens, and each level
 * on the way up may add where it happened. An err is written at most once per failure. */
struct err {
	enum code code;
	char text[1600]; /* what happened and what was expected */
	char where[320]; /* file:line or file:/json/path, or empty */
	char hint[480];	 /* what to do, or empty */
};

/* Each returns false, so that failing is one statement: return fail(e, E_INPUT, "..."); */
bool fail(struct err *e, enum code code, const char *fmt, ...) CHECK_FMT(3, 4);
/* Puts "context: " before the text of an error that a callee has set. */
bool fail_context(struct err *e, const char *fmt, ...) CHECK_FMT(2, 3);
/* Sets the place of an error, if none is set yet. Returns false. */
bool fail_where(struct err *e, const char *fmt, ...) CHECK_FMT(2, 3);
/* Sets the advice of an error. Returns false. */
bool fail_hint(struct err *e, const char *fmt, ...) CHECK_FMT(2, 3);
/* The code's name in JSON: "usage", "input", "not-found", ... */
const char *code_name(enum code code);

#endif
