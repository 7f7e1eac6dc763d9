/* opam.h - opam's world, read: opam files, versions, packages, repositories, lock files, switches,
 * and an index of a repository. It solves no versions: that stays opam's.
 * What a reader gives points into the bytes that it was given and into the arena.
 * Format: opam's manual, section "Common file format" (2.0, 2.1). SPDX-License-Identifier: ISC */
#ifndef RESPIN_OPAM_H
#define RESPIN_OPAM_H

#include "sys/sys.h"

typedef VEC(struct str) opam_words;

/* ---- files ------------------------------------------------------------------------------ */

/* A place in a file: both count from 1, columns in bytes. */
struct opam_place {
	uint32_t line, column;
};

enum opam_kind {
	OPAM_BOOL,
	OPAM_INT,
	OPAM_STRING,
	OPAM_IDENT,	   /* name, package:name, package+other:name, _:name */
	OPAM_LIST,	   /* [ items ] */
	OPAM_GROUP,	   /* ( items ) */
	OPAM_OPTION,	   /* left { items } */
	OPAM_AND,	   /* items joined by &, at least two */
	OPAM_OR,	   /* items joined by | */
	OPAM_NOT,	   /* ! left */
	OPAM_DEFINED,	   /* ? left */
	OPAM_RELATION,	   /* left OP right */
	OPAM_PREFIX_RELOP, /* OP left */
	OPAM_ENV_UPDATE	   /* left OP right */
};
enum opam_op {
	OPAM_EQ,
	OPAM_NE,
	OPAM_LT,
	OPAM_LE,
	OPAM_GT,
	OPAM_GE,
	OPAM_PLUS_EQ,
	OPAM_EQ_PLUS,
	OPAM_COLON_EQ,
	OPAM_EQ_COLON,
	OPAM_EQ_PLUS_EQ
};
struct opam_value {
	uint8_t kind; /* enum opam_kind */
	uint8_t op;   /* enum opam_op */
	struct opam_place at;
	struct opam_value *next; /* in the list that it stands in */
	union {
		struct str text; /* of strings (without escapes) and idents */
		int64_t number;	 /* of ints and, 0 or 1, of bools */
		struct {
			struct opam_value *left;
			union {
				struct opam_value *right, *items;
			};
		};
	};
};
/* "name: value", or a section "name { items }", "name "label" { items }". */
struct opam_item {
	struct str name;
	struct opam_place at;
	struct opam_item *next;
	struct opam_value *value; /* NULL: it is a section */
	struct str label;	  /* p is NULL where there is none */
	struct opam_item *items;
};
struct opam_file {
	const char *path; /* as messages name it */
	struct opam_item *items;
};
#define OPAM_FILE_MAX ((size_t)16 << 20)
#define OPAM_DEPTH_MAX 100

/* All of the syntax of 2.0 and 2.1, extension fields included; what the fields mean is not looked
 * at. E_INPUT tells path:line:column, what stands there and what was expected; so does nesting
 * deeper than OPAM_DEPTH_MAX. */
MUST_CHECK bool opam_parse(
	struct arena *a, struct str bytes, const char *path, struct opam_file *out, struct err *e);
/* The field NAME: the last one, as opam takes it; NULL where there is none. */
const struct opam_value *opam_field(const struct opam_item *items, const char *name);
/* As opam writes it: one blank between the words, lists one item a line. */
void opam_print_value(struct text *t, const struct opam_value *v);
void opam_print(struct text *t, const struct opam_file *f);

/* ---- versions --------------------------------------------------------------------------- */

/* opam's order: runs of digits by number, all else by letters before signs, and '~' before even
 * the end: "1.0~beta" < "1.0" < "1.0+dune" < "1.0.1" < "1.10". <0, 0, >0; "1.0" and "1.00" are
 * equal. */
int opam_version_compare(struct str a, struct str b);
bool opam_relation_holds(enum opam_op op, int order);
const char *opam_op_text(enum opam_op op); /* ">=" */

#endif
