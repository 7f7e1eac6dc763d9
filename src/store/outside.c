/* outside.c - what files outside the store hold: asked once, remembered by stamp.
 * SPDX-License-Identifier: ISC */
#include "store/private.h"

#include <sys/stat.h>

/* PATH as it is now, of which KNOWN (or NULL) was true when its stamp was the same. */
static bool look(const char *path, const struct stamp *known_stamp, const struct digest *known,
	struct seen *out, bool *hashed, struct err *e)
{
	struct seen now = {.when_ns = clock_wall_ns()};
	*hashed = false;
	now.exists = file_stamp(path, &now.stamp);
	now.safe = !now.exists || stamp_is_safe(&now.stamp, now.when_ns);
	if (now.exists && S_ISREG(now.stamp.mode)) {
		*hashed = !known || !stamp_eq(known_stamp, &now.stamp);
		if (!*hashed)
			now.digest = *known;
		else if (!hash_file(path, &now.digest, e))
			return false;
	}
	*out = now;
	return true;
}

bool store_see(struct store *s, const char *path, const struct seen **out, struct err *e)
{
	struct str name = str_of(path);
	struct seen **place = (struct seen **)map_put(&s->seen, name);
	if (!*place) {
		const struct memory *m = memories_find(&s->old, name);
		struct seen now;
		bool hashed;
		if (!look(path, m ? &m->stamp : NULL, m ? &m->digest : NULL, &now, &hashed, e))
			return false;
		/* A remembered stamp was safe when it was remembered. */
		now.safe |= now.exists && !hashed && m;
		s->learned |= hashed && now.safe;
		*place = NEW(s->a, struct seen);
		**place = now;
	}
	*out = *place;
	return true;
}

bool store_see_again(struct store *s, const char *path, bool *same, struct err *e)
{
	struct seen *before = map_get(&s->seen, str_of(path));
	if (!before) {
		const struct seen *now;
		*same = true;
		return store_see(s, path, &now, e);
	}
	struct seen now;
	bool hashed;
	bool trusted = before->exists && before->safe;
	if (!look(path, trusted ? &before->stamp : NULL, trusted ? &before->digest : NULL, &now,
		    &hashed, e))
		return false;
	now.safe |= trusted && !hashed && now.exists;
	*same = now.exists == before->exists && digest_eq(&now.digest, &before->digest);
	s->learned |= hashed && now.safe;
	now.when_ns = *same ? before->when_ns : now.when_ns;
	*before = now;
	return true;
}

bool store_know(struct store *s, const char *path, const struct digest *d, struct err *e)
{
	struct seen now = {.exists = true, .safe = true, .digest = *d};
	if (!file_stamp(path, &now.stamp))
		return fail_errno(e, "stat %s", path);
	struct seen *place = NEW(s->a, struct seen);
	*place = now;
	*map_put(&s->seen, str_of(path)) = place;
	s->learned = true;
	return true;
}

void store_forget(struct store *s, const char *path)
{
	*map_put(&s->seen, str_of(path)) = NULL;
	s->learned = true;
}

static void collect_new(const struct store *s, remembereds *all)
{
	vec_for(entry, &s->seen.entries) {
		const struct seen *seen = entry->value;
		if (seen && seen->exists && seen->safe && S_ISREG(seen->stamp.mode))
			vec_push(s->a, all,
				((struct remembered){entry->key, seen->stamp, seen->digest}));
	}
}

bool store_save(struct store *s, struct err *e)
{
	if (!s->learned)
		return true;
	remembereds all = {0};
	collect_new(s, &all);
	for (size_t i = 0; i < s->old.n_slots; i++) {
		const struct memory *m = &s->old.slots[i];
		if (m->hash)
			vec_push(s->a, &all,
				((struct remembered){
					memory_path(&s->old, m), m->stamp, m->digest}));
	}
	s->learned = false;
	return memories_write(path_join(s->a, s->dir, "seen"), &all, e);
}
