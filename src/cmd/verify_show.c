/* verify_show.c - verdicts on patches as a table and as JSON. SPDX-License-Identifier: ISC */
#include "cmd/verify.h"

static const char *const words[] = {
	[ANSWER_UNKNOWN] = "unknown", [ANSWER_YES] = "yes", [ANSWER_NO] = "no"};

static bool patch_is_fine(const struct patch_verdict *v)
{
	return v->applies == ANSWER_YES && v->changes != ANSWER_NO && v->needed != ANSWER_NO &&
	       !v->facts.problems.n;
}

bool verification_is_fine(const struct verification *v)
{
	bool fine = !v->why && !v->broken.n;
	vec_for(p, &v->patches)
		fine &= patch_is_fine(p);
	return fine;
}

static void put_proofs(struct json_writer *w, const struct patch_verdict *v)
{
	json_open(w, "checks", '[');
	vec_for(p, &v->proofs) {
		json_open(w, NULL, '{');
		json_put_string(w, "check", p->check);
		json_put_string(w, "without", p->without);
		json_put_string(w, "with", p->with);
		json_put_string(w, "run_without", p->run_without);
		json_put_string(w, "run_with", p->run_with);
		json_put_string(w, "needed", words[p->needed]);
		json_put_string(w, "why", p->why);
		json_close(w);
	}
	json_close(w);
}

static void put_patch(struct json_writer *w, const struct patch_verdict *v)
{
	json_open(w, NULL, '{');
	json_put_string(w, "subject", v->subject);
	json_put_string(w, "applies", words[v->applies]);
	json_put_string(w, "why_applies", v->why_applies);
	json_put_string(w, "changes_image", words[v->changes]);
	json_put_string(w, "why_changes_image", v->why_changes);
	json_put_strings(w, "images", &v->images);
	json_put_string(w, "needed", words[v->needed]);
	json_put_string(w, "why_needed", v->why_needed);
	put_proofs(w, v);
	json_put_strings(w, "problems", &v->facts.problems);
	json_put_bool(w, "fine", patch_is_fine(v));
	json_close(w);
}

static void put_all(struct context *c, const verifications *all)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_open(&w, "overlays", '[');
	vec_for(v, all) {
		json_open(&w, NULL, '{');
		json_put_string(&w, "package", v->package);
		json_put_string(&w, "version", v->version);
		json_put_bool(&w, "dirty", v->dirty);
		json_put_bool(&w, "fine", verification_is_fine(v));
		json_put_string(&w, "why", v->why);
		json_put_strings(&w, "broken", &v->broken);
		json_open(&w, "patches", '[');
		vec_for(p, &v->patches)
			put_patch(&w, p);
		json_close(&w);
		json_close(&w);
	}
	json_close(&w);
	json_close(&w);
	term_out("%s\n", t.p);
}

static void print_answer(enum answer answer)
{
	static const enum tint tints[] = {
		[ANSWER_UNKNOWN] = TINT_YELLOW, [ANSWER_YES] = TINT_GREEN, [ANSWER_NO] = TINT_RED};
	term_out("  %s%-7s%s", term_tint(tints[answer]), words[answer], term_tint_end());
}

static void print_why(const char *what, const char *why)
{
	if (why)
		term_out("      %s: %s\n", what, why);
}

static void print_proof(const struct proof *p)
{
	const char *why = p->why ? p->why : "";
	if (!p->without && !p->with)
		term_out("      %s: not run%s%s\n", p->check, *why ? ": " : "", why);
	else
		term_out("      %s: %s without it, %s with it%s%s\n", p->check,
			p->without ? p->without : "not run", p->with ? p->with : "not run",
			*why ? "; " : "", why);
}

static void print_patch(size_t number, const struct patch_verdict *v)
{
	term_out("  %2zu", number);
	print_answer(v->applies);
	print_answer(v->changes);
	print_answer(v->needed);
	term_out("  %s\n", v->subject);
	print_why("does not apply", v->why_applies);
	if (v->applies == ANSWER_YES) {
		print_why("changes", v->why_changes);
		vec_for(p, &v->proofs)
			print_proof(p);
		if (!v->proofs.n)
			print_why("needed", v->why_needed);
	}
	vec_for(problem, &v->facts.problems)
		print_why("wrong", *problem);
}

static void print_one(const struct verification *v)
{
	size_t number = 0;
	term_out("%s%s%s %s\n", term_tint(TINT_BOLD), v->package, term_tint_end(), v->version);
	if (v->patches.n)
		term_out("      applies  changes  needed\n");
	vec_for(p, &v->patches)
		print_patch(++number, p);
	vec_for(broken, &v->broken)
		term_out(
			"  does not build with all patches: %s (respin build shows it)\n", *broken);
	if (v->why)
		term_out("  the overlay has no effect: %s\n", v->why);
	else if (v->dirty)
		term_out("  uncommitted changes are no patch yet, and were left out\n");
}

void show_verifications(struct context *c, const verifications *all)
{
	if (c->options.json) {
		put_all(c, all);
		return;
	}
	if (!all->n)
		term_out("no overlays\n");
	vec_for(v, all)
		print_one(v);
}
