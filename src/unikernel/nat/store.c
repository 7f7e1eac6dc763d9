/* store.c - the mappings' table: versioned, or plain. What goes into the history is bounded: so
 * many commits in a second; what is beyond that waits for the second's end, and becomes one.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#define REFRESH_SECONDS 10 /* until a refresh, which nobody waits for, has its commit */

const struct nat_value *nat_store_get(const struct nat *nat, const struct nat_key *key)
{
	return nat->table ? table_get(nat->table, key) : hash_get(nat->plain, key);
}

bool nat_store_next(const struct nat *nat, size_t *cursor, const struct nat_key **key,
	const struct nat_value **value)
{
	const void *k, *v;
	void *plain;
	bool any = nat->table ? table_next(nat->table, cursor, &k, &v)
			      : hash_next(nat->plain, cursor, &k, &plain);
	if (!any)
		return false;
	*key = k;
	*value = nat->table ? v : plain;
	return true;
}

void nat_store_begin(struct nat *nat)
{
	struct table_ref primary;
	bool restored = table_ref(nat->table, 0, &primary);
	table_set_time(nat->table, nat->now);
	table_commit(nat->table, restored ? nat_note(NOTE_RESTORED, 0, 0)
					  : nat_note(NOTE_CREATE, table_count(nat->table), 0));
}

void nat_store_commit(struct nat *nat, enum nat_note what)
{
	if (nat->table) {
		table_set_time(nat->table, nat->now);
		table_commit(nat->table, nat_note(what, nat->added, nat->removed));
	}
	nat->added = nat->removed = nat->changed_since = 0;
}

void nat_store_tick(struct nat *nat)
{
	uint64_t second = nat->now / SECOND;
	if (second == nat->second)
		return;
	nat->second = second;
	nat->commits = 0;
	nat_link_move(&nat->writing, &nat->marked);
	if (nat->added || nat->removed ||
		(nat->changed_since && second >= nat->changed_since + REFRESH_SECONDS))
		nat_store_commit(nat, NOTE_JOINED);
}

/* What a change tells the table: a commit of its own, or to wait for the next one. */
static unsigned choose_note(struct nat *nat, enum nat_note note)
{
	bool own = note == NOTE_FORWARD || note == NOTE_ADDED || note == NOTE_REMOVED;
	if (own && (note == NOTE_FORWARD || nat->commits < nat->config.commits)) {
		nat->commits++;
		nat->changed_since = 0;
		return nat_note(note, note == NOTE_ADDED, note == NOTE_REMOVED);
	}
	nat->added += note == NOTE_ADDED;
	nat->removed += note == NOTE_REMOVED || note == NOTE_JOINED;
	if (!nat->changed_since)
		nat->changed_since = nat->now / SECOND;
	return TABLE_LATER;
}

static bool plain_put(struct nat *nat, const struct nat_key *key, const struct nat_value *value)
{
	bool fresh;
	struct nat_value *v = hash_put(nat->plain, key, &fresh);
	if (v)
		*v = *value;
	return v;
}

bool nat_store_put(struct nat *nat, const struct nat_key *key, const struct nat_value *value,
	enum nat_note note)
{
	if (!nat->table)
		return plain_put(nat, key, value);
	nat_store_tick(nat);
	table_set_time(nat->table, nat->now);
	unsigned n = choose_note(nat, note);
	if (table_put(nat->table, key, value, n) != TABLE_FULL)
		return true;
	nat->added -= note == NOTE_ADDED && n == TABLE_LATER;
	return false;
}

void nat_store_refuse(struct nat *nat, const struct nat_key *key, enum nat_forward_result why)
{
	if (!nat->table) {
		hash_remove(nat->plain, key);
		return;
	}
	nat_store_tick(nat);
	table_set_time(nat->table, nat->now);
	table_remove(nat->table, key, nat_note(NOTE_REFUSED, why, 0));
}

void nat_store_remove(struct nat *nat, const struct nat_key *key, enum nat_note note)
{
	if (!nat->table) {
		hash_remove(nat->plain, key);
		return;
	}
	nat_store_tick(nat);
	table_set_time(nat->table, nat->now);
	table_remove(nat->table, key, choose_note(nat, note));
}
