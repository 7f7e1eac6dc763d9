/* print.c - values and files as text. SPDX-License-Identifier: ISC */
#include "opam/opam.h"

#include <string.h>

static const char *const op_text[] = {
	[OPAM_EQ] = "=",
	[OPAM_NE] = "!=",
	[OPAM_LT] = "<",
	[OPAM_LE] = "<=",
	[OPAM_GT] = ">",
	[OPAM_GE] = ">=",
	[OPAM_PLUS_EQ] = "+=",
	[OPAM_EQ_PLUS] = "=+",
	[OPAM_COLON_EQ] = ":=",
	[OPAM_EQ_COLON] = "=:",
	[OPAM_EQ_PLUS_EQ] = "=+=",
};

const char *opam_op_text(enum opam_op op)
{
	return op_text[op];
}

/* Between triple quotes a mark of one quote stands as it is, but at the end and where it would
 * begin three of them. */
static bool is_escaped(struct str s, size_t i, bool lines)
{
	if (s.p[i] == '\\')
		return true;
	if (s.p[i] != '"')
		return false;
	return !lines || i + 1 == s.n || str_starts(str_from(s, i + 1), S("\"\""));
}

/* A text of several lines stands between triple quotes, from the line below them on; the escape
 * before that would take blanks with it. */
static void print_string(struct text *t, struct str s)
{
	bool lines = s.n && memchr(s.p, '\n', s.n);
	text_addz(t, !lines ? "\"" : s.p[0] == '\n' ? "\"\"\"" : "\"\"\"\\\n");
	if (lines && s.p[0] == ' ')
		text_addz(t, "\\");
	if (lines && s.p[0] == '\t') {
		text_addz(t, "\\t");
		s = str_from(s, 1);
	}
	for (size_t i = 0; i < s.n; i++) {
		if (is_escaped(s, i, lines))
			text_addz(t, "\\");
		/* Not as it is: before a line's end it would be taken for a part of it. */
		if (s.p[i] == '\r')
			text_addz(t, "\\r");
		else
			text_add(t, (struct str){&s.p[i], 1});
	}
	text_addz(t, lines ? "\"\"\"" : "\"");
}

static void print_joined(struct text *t, const struct opam_value *items, const char *joint)
{
	for (const struct opam_value *v = items; v; v = v->next) {
		if (v != items)
			text_addz(t, joint);
		opam_print_value(t, v);
	}
}

static void print_pair(struct text *t, const struct opam_value *v)
{
	opam_print_value(t, v->left);
	text_addf(t, " %s ", op_text[v->op]);
	opam_print_value(t, v->right);
}

void opam_print_value(struct text *t, const struct opam_value *v)
{
	switch ((enum opam_kind)v->kind) {
	case OPAM_BOOL:
		text_addz(t, v->number ? "true" : "false");
		break;
	case OPAM_INT:
		text_addf(t, "%lld", (long long)v->number);
		break;
	case OPAM_STRING:
		print_string(t, v->text);
		break;
	case OPAM_IDENT:
		text_add(t, v->text);
		break;
	case OPAM_LIST:
	case OPAM_GROUP:
		text_addz(t, v->kind == OPAM_LIST ? "[" : "(");
		print_joined(t, v->items, " ");
		text_addz(t, v->kind == OPAM_LIST ? "]" : ")");
		break;
	case OPAM_OPTION:
		opam_print_value(t, v->left);
		text_addz(t, " {");
		print_joined(t, v->items, " ");
		text_addz(t, "}");
		break;
	case OPAM_AND:
	case OPAM_OR:
		print_joined(t, v->items, v->kind == OPAM_AND ? " & " : " | ");
		break;
	case OPAM_NOT:
	case OPAM_DEFINED:
		text_addz(t, v->kind == OPAM_NOT ? "!" : "?");
		/* "!=" would be another sign. */
		if (v->left->kind == OPAM_PREFIX_RELOP && v->left->op == OPAM_EQ)
			text_addz(t, " ");
		opam_print_value(t, v->left);
		break;
	case OPAM_RELATION:
	case OPAM_ENV_UPDATE:
		print_pair(t, v);
		break;
	case OPAM_PREFIX_RELOP:
		text_addf(t, "%s ", op_text[v->op]);
		opam_print_value(t, v->left);
		break;
	}
}

static void print_field(struct text *t, const struct opam_item *item)
{
	const struct opam_value *v = item->value;
	text_addf(t, "%.*s: ", STR(item->name));
	if (v->kind != OPAM_LIST || !v->items || !v->items->next) {
		opam_print_value(t, v);
		text_addz(t, "\n");
		return;
	}
	text_addz(t, "[\n");
	for (const struct opam_value *i = v->items; i; i = i->next) {
		text_addz(t, "  ");
		opam_print_value(t, i);
		text_addz(t, "\n");
	}
	text_addz(t, "]\n");
}

static void print_items(struct text *t, const struct opam_item *items)
{
	for (const struct opam_item *i = items; i; i = i->next) {
		if (i->value) {
			print_field(t, i);
			continue;
		}
		text_add(t, i->name);
		if (i->label.p) {
			text_addz(t, " ");
			print_string(t, i->label);
		}
		text_addz(t, " {\n");
		print_items(t, i->items);
		text_addz(t, "}\n");
	}
}

void opam_print(struct text *t, const struct opam_file *f)
{
	print_items(t, f->items);
}
